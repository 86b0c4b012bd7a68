-- What one unit costs, for those who show the product. Nothing here is charged: an order is a right to buy at the shop.
ALTER TABLE products
  -- In the smallest unit of the currency, such as cents; null: no price is shown.
  ADD COLUMN price_minor    integer CHECK (price_minor >= 0),
  -- ISO 4217.
  ADD COLUMN price_currency text CHECK (price_currency ~ '^[A-Z]{3}$'),
  ADD CONSTRAINT products_price_whole CHECK ((price_minor IS NULL) = (price_currency IS NULL));

-- Rules of a sale that may change while it runs, and the lists of purchases.

ALTER TABLE products
  -- Units that one purchase may hold; null: the 10 that every purchase may hold.
  ADD COLUMN max_per_purchase integer CHECK (max_per_purchase BETWEEN 1 AND 10),
  -- When the limits per customer or per purchase were last changed: what was sold before was sold by other limits.
  -- Null: they are those that the product was made with.
  ADD COLUMN limits_since timestamptz;

-- A customer's purchases, newest first. Without the id: purchases settled at the same time are those of one batch,
-- and sorting them is cheaper than 16 bytes more in each entry. Compared byte by byte, whatever the database's locale.
CREATE INDEX purchases_by_customer ON purchases (customer_id text_pattern_ops, settled_at);

-- A product's purchases by outcome, newest first. Entries of one batch are equal, hence stored once.
CREATE INDEX purchases_by_outcome ON purchases (product_id, outcome, settled_at);
DROP INDEX purchases_by_product;

-- Opens (or opens again) or closes the sale of a product, from this moment on, by this clock. What is so already
-- stays as it is.
--
-- Returns the product as it is afterwards; nothing when there is none.
CREATE FUNCTION move_sale_window(p_product_id integer, p_open boolean) RETURNS SETOF products
LANGUAGE plpgsql AS $$
DECLARE
  product products%ROWTYPE;
  moment  timestamptz;
BEGIN
  -- After the wait for a settlement under way: what that has sold was sold before the sale closes.
  SELECT p.* INTO product FROM products p WHERE p.id = p_product_id FOR UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  moment := clock_timestamp();
  IF p_open THEN
    IF product.opens_at > moment THEN
      product.opens_at := moment;
    END IF;
    IF product.closes_at <= moment THEN
      product.closes_at := NULL;
    END IF;
  ELSE
    -- One that was to open later now never does.
    IF product.opens_at >= moment THEN
      product.opens_at := NULL;
    END IF;
    IF product.closes_at IS NULL OR product.closes_at > moment THEN
      product.closes_at := moment;
    END IF;
  END IF;
  UPDATE products p
     SET opens_at = product.opens_at, closes_at = product.closes_at
   WHERE p.id = p_product_id
  RETURNING p.* INTO product;
  RETURN NEXT product;
END
$$;

-- Empties a demo product of its purchases, orders and movements and gives it a new stock. The fencing token stays:
-- leases that were given before the reset must not count as newer than those given after it.
--
-- Returns the product as it is afterwards; nothing when there is none; a product that is no demo product
-- unchanged.
CREATE FUNCTION reset_product(p_product_id integer, p_stock integer) RETURNS SETOF products
LANGUAGE plpgsql AS $$
DECLARE
  product products%ROWTYPE;
BEGIN
  -- 1. No settlement of this product at the same time. A statement of its own: the ones below must see what a
  --    settlement committed while this one waited, and a statement sees only what was there when it began.
  SELECT p.* INTO product FROM products p WHERE p.id = p_product_id FOR UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  IF NOT product.demo THEN
    RETURN NEXT product;
    RETURN;
  END IF;

  -- 2. Purchases and their orders in one statement: a naive purchase holds no lock, and between two statements
  --    its order could arrive after the orders were emptied and before its purchase was.
  WITH gone AS (
    DELETE FROM purchases WHERE product_id = p_product_id
  )
  DELETE FROM orders WHERE product_id = p_product_id;

  -- 3. The ledger starts anew.
  DELETE FROM stock_movements WHERE product_id = p_product_id;
  INSERT INTO stock_movements (product_id, delta, reason) VALUES (p_product_id, p_stock, 'reset');

  UPDATE products p
     SET stock = p_stock, initial_stock = p_stock, version = p.version + 1
   WHERE p.id = p_product_id
  RETURNING p.* INTO product;
  RETURN NEXT product;
END
$$;

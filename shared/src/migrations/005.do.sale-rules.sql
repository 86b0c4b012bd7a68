-- Lists of purchases, and rules of a sale that may change while it runs.
--
-- Building the indexes holds up settlements, which are tried again until it is done. What holds up buyers comes last.

-- A customer's purchases, newest first. Without the id: purchases settled at the same time are those of one batch,
-- and sorting them is cheaper than 16 bytes more in each entry. Compared byte by byte, whatever the database's locale.
CREATE INDEX purchases_by_customer ON purchases (customer_id text_pattern_ops, settled_at);

-- A product's purchases by outcome, newest first. Entries of one batch are equal, hence stored once.
CREATE INDEX purchases_by_outcome ON purchases (product_id, outcome, settled_at);

ALTER TABLE products
  -- Units that one purchase may hold; null: the 10 that every purchase may hold.
  ADD COLUMN max_per_purchase integer CHECK (max_per_purchase BETWEEN 1 AND 10),
  -- When the limits per customer or per purchase were last changed: what was sold before was sold by other limits.
  -- Null: they are those that the product was made with.
  ADD COLUMN limits_since timestamptz;

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

-- One page of the settled purchases that pass the filters, in order of (settled_at, id), the last first, and those only
-- that come after a place in this order. Null: no filter, the first page.
--
-- Returns up to `p_limit` purchases of a customer; without one, up to `p_limit` of each product and outcome, for the
-- caller to put together. Each look-up reads the index from the place on and stops after `p_limit`; only the
-- purchases of a customer are passed over one by one where they are of another product or outcome.
CREATE FUNCTION list_purchases(
  p_product_id  integer,
  p_customer_id text,
  p_outcome     text,
  p_settled_at  timestamptz,
  p_id          uuid,
  p_limit       integer
) RETURNS SETOF purchases
LANGUAGE plpgsql STABLE
-- Without statistics, as in the first minute of a sale, Postgres takes a product for a few rows, and would read and sort
-- all of it: 2.4 s for a million, where the index in its order takes milliseconds.
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
-- With them it would plan each look-up anew.
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
  outcomes   constant text[] := ARRAY['confirmed', 'sold_out', 'limit_reached', 'not_on_sale', 'failed'];
  place_time constant timestamptz := COALESCE(p_settled_at, 'infinity');
  place_id   constant uuid := COALESCE(p_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff');
  product    integer := p_product_id;
  wanted     text;
BEGIN
  IF p_customer_id IS NOT NULL THEN
    RETURN QUERY
      SELECT p.* FROM purchases p
       WHERE p.customer_id = p_customer_id
         AND (p_product_id IS NULL OR p.product_id = p_product_id)
         AND (p_outcome IS NULL OR p.outcome = p_outcome)
         AND (p.settled_at, p.id) < (place_time, place_id)
       ORDER BY p.settled_at DESC, p.id DESC
       LIMIT p_limit;
    RETURN;
  END IF;

  -- The products of the purchases, one step in the index for each: a failed purchase may name one that does not exist.
  IF product IS NULL THEN
    SELECT min(p.product_id) INTO product FROM purchases p;
  END IF;
  WHILE product IS NOT NULL LOOP
    FOREACH wanted IN ARRAY outcomes LOOP
      CONTINUE WHEN wanted <> p_outcome;
      RETURN QUERY
        SELECT p.* FROM purchases p
         WHERE p.product_id = product AND p.outcome = wanted
           AND (p.settled_at, p.id) < (place_time, place_id)
         ORDER BY p.settled_at DESC, p.id DESC
         LIMIT p_limit;
    END LOOP;
    EXIT WHEN p_product_id IS NOT NULL;
    SELECT min(p.product_id) INTO product FROM purchases p WHERE p.product_id > product;
  END LOOP;
END
$$;

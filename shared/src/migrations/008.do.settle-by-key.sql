-- Decides and commits the outcomes of a batch: purchases of one product, settled under one lease.
--
-- Called as ONE statement, hence one implicit READ COMMITTED transaction: there is no state between "begin" and
-- "commit" in which a client could be lost. The arrays are parallel, one entry a purchase, of any length.
--
-- Promises: every id gets exactly one outcome, for ever; called again with the same ids it changes nothing and
-- returns the stored outcomes. Stock never goes below 0. `sold_out` only when the quantity is more than the stock
-- left at that purchase's turn, in order of acceptance.
--
-- Changed from 006: every look-up by key is a subquery of its own. As joins they could be planned, while the tables
-- were empty and analyzed, as one scan of a whole index for each batch, and a session keeps its plan.
--
-- Raises FS001 when a larger fencing token has settled this product before; DETAIL is that token.
CREATE OR REPLACE FUNCTION settle_purchases(
  p_product_id    integer,
  p_fencing_token bigint,
  p_ids           uuid[],
  p_customers     text[],
  p_quantities    integer[],
  p_accepted      timestamptz[]
) RETURNS TABLE (
  id            uuid,
  outcome       text,
  order_id      bigint,
  stock_left    integer,
  settled_at    timestamptz,
  stored_before boolean,
  -- The product after this settlement, the same in every row: the news about its stock. Null for an unknown product.
  product_stock   integer,
  product_version bigint
)
LANGUAGE plpgsql
-- Plans made while the tables were small are kept by the session. A batch is a few hundred look-ups by key,
-- whatever the tables' size, so nothing but index look-ups is ever right here. A subquery in the select list or the
-- WHERE clause is run for each row by itself: there is no join that could be planned in another way.
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
  -- Indices into this are the codes of the fold.
  names      constant text[] := ARRAY['confirmed', 'sold_out', 'limit_reached', 'not_on_sale'];
  product    products%ROWTYPE;
  on_sale    boolean;
  settled    timestamptz;
  ids        uuid[];
  customers  text[];
  quantities integer[];
  accepted   timestamptz[];
  buyers     integer[]; -- dense number of each purchase's customer within this batch
  bought     integer[]; -- units confirmed so far, by that number
  codes      integer[];
  lefts      integer[];
  stock_now  integer;
  quantity   integer;
  buyer      integer;
BEGIN
  -- 1. One settlement of a product at a time, and none by a holder whose lease was given to another since.
  SELECT p.* INTO product FROM products p WHERE p.id = p_product_id FOR UPDATE;
  IF FOUND AND p_fencing_token < product.fencing_token THEN
    RAISE EXCEPTION 'stale fencing token % for product %', p_fencing_token, p_product_id
      USING ERRCODE = 'FS001', DETAIL = product.fencing_token::text;
  END IF;
  settled := clock_timestamp();
  on_sale := product.id IS NOT NULL
    AND (product.opens_at IS NULL OR product.opens_at <= settled)
    AND (product.closes_at IS NULL OR settled < product.closes_at);

  -- 2. What is not settled yet. A statement of its own: the snapshot of the one that waited for the row lock was
  --    taken before the wait and would miss what the other settlement committed.
  SELECT array_agg(n.id ORDER BY n.turn), array_agg(n.customer_id ORDER BY n.turn),
         array_agg(n.quantity ORDER BY n.turn), array_agg(n.accepted_at ORDER BY n.turn),
         array_agg(n.buyer ORDER BY n.turn)
    INTO ids, customers, quantities, accepted, buyers
    FROM (
      SELECT d.*, row_number() OVER (ORDER BY d.accepted_at, d.position) AS turn,
             dense_rank() OVER (ORDER BY d.customer_id)::integer AS buyer
        FROM (
          SELECT DISTINCT ON (g.id) g.*
            FROM unnest(p_ids, p_customers, p_quantities, p_accepted)
                 WITH ORDINALITY AS g(id, customer_id, quantity, accepted_at, position)
           ORDER BY g.id, g.position
        ) d
       WHERE (SELECT s.id FROM purchases s WHERE s.id = d.id) IS NULL
    ) n;

  IF ids IS NOT NULL THEN
    -- 3. The fold, in order of acceptance.
    bought := array_fill(0, ARRAY[cardinality(ids)]);
    IF product.per_customer_limit IS NOT NULL THEN
      SELECT array_agg(b.units ORDER BY b.buyer) INTO bought
        FROM (
          SELECT u.buyer, COALESCE((
                   SELECT sum(o.quantity) FROM orders o
                    WHERE o.product_id = p_product_id AND o.customer_id = u.customer_id), 0)::integer AS units
            FROM (SELECT DISTINCT k.buyer, k.customer_id FROM unnest(buyers, customers) AS k(buyer, customer_id)) u
        ) b;
    END IF;
    codes := array_fill(4, ARRAY[cardinality(ids)]);
    stock_now := COALESCE(product.stock, 0);
    lefts := array_fill(stock_now, ARRAY[cardinality(ids)]);
    IF on_sale THEN
      FOR i IN 1 .. cardinality(ids) LOOP
        quantity := quantities[i];
        buyer := buyers[i];
        lefts[i] := stock_now;
        -- Null, not true, without a limit.
        IF bought[buyer] + quantity > product.per_customer_limit OR quantity > product.max_per_purchase THEN
          codes[i] := 3;
        ELSIF quantity > stock_now THEN
          codes[i] := 2;
        ELSE
          codes[i] := 1;
          stock_now := stock_now - quantity;
          bought[buyer] := bought[buyer] + quantity;
        END IF;
      END LOOP;
    END IF;

    -- 4. Write it all down.
    INSERT INTO purchases
           (id, product_id, customer_id, quantity, outcome, stock_left, fencing_token, accepted_at, settled_at)
    SELECT d.id, p_product_id, d.customer_id, d.quantity, names[d.code], d.stock_left, p_fencing_token,
           d.accepted_at, settled
      FROM unnest(ids, customers, quantities, codes, lefts, accepted)
           AS d(id, customer_id, quantity, code, stock_left, accepted_at);

    IF stock_now < product.stock THEN
      INSERT INTO orders (purchase_id, product_id, customer_id, quantity, created_at)
      SELECT d.id, p_product_id, d.customer_id, d.quantity, settled
        FROM unnest(ids, customers, quantities, codes)
             WITH ORDINALITY AS d(id, customer_id, quantity, code, turn)
       WHERE d.code = 1
       ORDER BY d.turn;
      INSERT INTO stock_movements (product_id, delta, reason, fencing_token, at)
      VALUES (p_product_id, stock_now - product.stock, 'sale', p_fencing_token, settled);
    END IF;
  END IF;

  -- Also without a sale: the token counts as seen from the first settlement under it.
  UPDATE products p
     SET stock = COALESCE(stock_now, p.stock),
         version = p.version + CASE WHEN stock_now < p.stock THEN 1 ELSE 0 END,
         fencing_token = p_fencing_token
   WHERE p.id = p_product_id
  RETURNING p.stock, p.version INTO product.stock, product.version;

  -- 5. Answer: the new ones, then those that had an outcome already.
  RETURN QUERY
    SELECT d.id, names[d.code], CASE WHEN d.code = 1 THEN (SELECT o.id FROM orders o WHERE o.purchase_id = d.id) END,
           d.stock_left, settled, false, product.stock, product.version
      FROM unnest(ids, codes, lefts) AS d(id, code, stock_left);
  IF ids IS NULL OR cardinality(ids) < cardinality(p_ids) THEN
    RETURN QUERY
      SELECT s.id, s.outcome, (SELECT o.id FROM orders o WHERE o.purchase_id = s.id), s.stock_left, s.settled_at,
             true, product.stock, product.version
        FROM (SELECT DISTINCT g.id FROM unnest(p_ids) AS g(id)) g
             -- OFFSET 0 keeps the planner from making a join of it.
             CROSS JOIN LATERAL (SELECT p.* FROM purchases p WHERE p.id = g.id OFFSET 0) s
       WHERE ids IS NULL OR s.id <> ALL (ids);
  END IF;
END
$$;

import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import type { Outcome } from '@flash-sale/shared/contract/purchase.ts'
import { openDatabase } from '@flash-sale/shared/postgres.ts'
import fc from 'fast-check'
import postgres from 'postgres'
import { v7 } from 'uuid'
import { afterAll, describe, expect, it } from 'vitest'
import type { Purchase } from './purchase.ts'
import { settle } from './settle.ts'

const stores = isolatedStores()
const database = openDatabase({
  url: stores.databaseUrl,
  name: `${stores.keyPrefix}settle`,
  connectionsMax: 4,
  deadlineMs: 10_000,
})
afterAll(() => database.close(1_000))

interface ProductSetUp {
  stock: number
  perCustomerLimit?: number | null
  maxPerPurchase?: number | null
  opensAt?: string
  closesAt?: string
}

const createProduct = async (setUp: ProductSetUp): Promise<number> => {
  const [row] = await database.run(
    'creating a product',
    (sql) => sql<{ id: number }[]>`
      WITH product AS (
        INSERT INTO products (name, stock, initial_stock, per_customer_limit, max_per_purchase, opens_at, closes_at)
        VALUES ('test', ${setUp.stock}, ${setUp.stock}, ${setUp.perCustomerLimit ?? null},
                ${setUp.maxPerPurchase ?? null}, ${setUp.opensAt ?? null}, ${setUp.closesAt ?? null})
        RETURNING id, stock
      )
      INSERT INTO stock_movements (product_id, delta, reason)
      SELECT id, stock, 'initial' FROM product
      RETURNING product_id AS id`,
  )
  if (!row) throw new Error('no product')
  return row.id
}

const stateOf = async (productId: number) => {
  const [row] = await database.run(
    'reading the state',
    (sql) => sql<{ stock: number; movements: number; orders: number; sold: number; token: number }[]>`
      SELECT p.stock, p.fencing_token::integer AS token,
             (SELECT sum(delta)::integer FROM stock_movements m WHERE m.product_id = p.id) AS movements,
             (SELECT count(*)::integer FROM orders o WHERE o.product_id = p.id) AS orders,
             (SELECT COALESCE(sum(quantity), 0)::integer FROM purchases s
               WHERE s.product_id = p.id AND outcome = 'confirmed') AS sold
        FROM products p WHERE p.id = ${productId}`,
  )
  return row
}

const startMs = Date.UTC(2026, 0, 1)

/** Purchases accepted one millisecond after the other, in the given order. */
const purchases = (productId: number, wishes: readonly [customer: string, quantity: number][]): Purchase[] =>
  wishes.map(([customerId, quantity], index) => ({
    id: v7(),
    productId,
    customerId,
    quantity,
    acceptedAtMs: startMs + index,
  }))

const outcomesOf = async (
  productId: number,
  token: number,
  batch: readonly Purchase[],
): Promise<Outcome[]> => {
  const result = await settle(database, productId, token, batch)
  if (result.kind !== 'settled') throw new Error(`not settled: ${JSON.stringify(result)}`)
  return batch.map(({ id }) => {
    const settled = result.outcomes.get(id)
    if (!settled) throw new Error(`no outcome for ${id}`)
    expect(settled.orderId !== undefined).toBe(settled.outcome === 'confirmed')
    return settled.outcome
  })
}

describe('one batch', () => {
  const past = '2020-01-01T00:00:00Z'
  const future = '2090-01-01T00:00:00Z'
  const cases: {
    name: string
    product: ProductSetUp
    wishes: [string, number][]
    outcomes: Outcome[]
    left: number
  }[] = [
    {
      name: 'enough for all',
      product: { stock: 3 },
      wishes: [
        ['a', 1],
        ['b', 2],
      ],
      outcomes: ['confirmed', 'confirmed'],
      left: 0,
    },
    {
      name: 'first come, first served',
      product: { stock: 1 },
      wishes: [
        ['a', 1],
        ['b', 1],
      ],
      outcomes: ['confirmed', 'sold_out'],
      left: 0,
    },
    {
      name: 'a later smaller one is still served',
      product: { stock: 3 },
      wishes: [
        ['a', 2],
        ['b', 2],
        ['c', 1],
      ],
      outcomes: ['confirmed', 'sold_out', 'confirmed'],
      left: 0,
    },
    { name: 'no stock at all', product: { stock: 0 }, wishes: [['a', 1]], outcomes: ['sold_out'], left: 0 },
    {
      name: 'limit within a batch',
      product: { stock: 9, perCustomerLimit: 1 },
      wishes: [
        ['a', 1],
        ['a', 1],
        ['b', 1],
      ],
      outcomes: ['confirmed', 'limit_reached', 'confirmed'],
      left: 7,
    },
    {
      name: 'limit counts units',
      product: { stock: 9, perCustomerLimit: 3 },
      wishes: [
        ['a', 2],
        ['a', 2],
        ['a', 1],
      ],
      outcomes: ['confirmed', 'limit_reached', 'confirmed'],
      left: 6,
    },
    {
      name: 'limit comes before sold out',
      product: { stock: 1, perCustomerLimit: 1 },
      wishes: [
        ['a', 1],
        ['a', 1],
        ['b', 1],
      ],
      outcomes: ['confirmed', 'limit_reached', 'sold_out'],
      left: 0,
    },
    {
      name: 'more at a time than is allowed since it was accepted',
      product: { stock: 9, maxPerPurchase: 2 },
      wishes: [
        ['a', 3],
        ['a', 2],
        ['b', 10],
        ['a', 2],
      ],
      outcomes: ['limit_reached', 'confirmed', 'limit_reached', 'confirmed'],
      left: 5,
    },
    {
      name: 'what was refused counts for no limit',
      product: { stock: 9, maxPerPurchase: 2, perCustomerLimit: 3 },
      wishes: [
        ['a', 3],
        ['a', 2],
        ['a', 2],
        ['a', 1],
      ],
      outcomes: ['limit_reached', 'confirmed', 'limit_reached', 'confirmed'],
      left: 6,
    },
    {
      name: 'too much at a time comes before sold out',
      product: { stock: 1, maxPerPurchase: 1 },
      wishes: [
        ['a', 2],
        ['b', 1],
        ['c', 1],
      ],
      outcomes: ['limit_reached', 'confirmed', 'sold_out'],
      left: 0,
    },
    {
      name: 'not open yet comes before too much at a time',
      product: { stock: 5, maxPerPurchase: 1, opensAt: future },
      wishes: [['a', 2]],
      outcomes: ['not_on_sale'],
      left: 5,
    },
    {
      name: 'not open yet',
      product: { stock: 5, opensAt: future },
      wishes: [['a', 1]],
      outcomes: ['not_on_sale'],
      left: 5,
    },
    {
      name: 'closed',
      product: { stock: 5, closesAt: past },
      wishes: [['a', 1]],
      outcomes: ['not_on_sale'],
      left: 5,
    },
    {
      name: 'within its window',
      product: { stock: 5, opensAt: past, closesAt: future },
      wishes: [['a', 1]],
      outcomes: ['confirmed'],
      left: 4,
    },
  ]
  it.each(cases)('$name', async ({ product, wishes, outcomes, left }) => {
    const id = await createProduct(product)
    expect(await outcomesOf(id, 1, purchases(id, wishes))).toEqual(outcomes)
    expect(await stateOf(id)).toMatchObject({ stock: left, movements: left, token: 1 })
  })

  it('of an unknown product is not on sale', async () => {
    expect(await outcomesOf(2_000_000_000, 1, purchases(2_000_000_000, [['a', 1]]))).toEqual(['not_on_sale'])
  })

  it('is decided in order of acceptance, however it is given', async () => {
    const id = await createProduct({ stock: 1 })
    const [first, second] = purchases(id, [
      ['a', 1],
      ['b', 1],
    ])
    if (!first || !second) throw new Error('two purchases')
    expect(await outcomesOf(id, 1, [second, first])).toEqual(['sold_out', 'confirmed'])
  })
})

describe('settled again', () => {
  it('gives the stored outcomes and changes nothing', async () => {
    const id = await createProduct({ stock: 1 })
    const batch = purchases(id, [
      ['a', 1],
      ['b', 1],
    ])
    const first = await settle(database, id, 1, batch)
    const [news] = purchases(id, [['c', 1]])
    if (!news || first.kind !== 'settled') throw new Error('first settlement')
    const again = await settle(database, id, 2, [...batch, news])
    if (again.kind !== 'settled') throw new Error('second settlement')
    for (const { id: purchaseId } of batch)
      expect(again.outcomes.get(purchaseId)).toEqual({
        ...first.outcomes.get(purchaseId),
        storedBefore: true,
      })
    expect(again.outcomes.get(news.id)).toMatchObject({ outcome: 'sold_out', storedBefore: false })
    expect(await stateOf(id)).toMatchObject({ stock: 0, orders: 1, sold: 1 })
  })

  it('counts an id that stands twice in a batch once', async () => {
    const id = await createProduct({ stock: 5 })
    const [one] = purchases(id, [['a', 1]])
    if (!one) throw new Error('one purchase')
    expect(await outcomesOf(id, 1, [one, one])).toEqual(['confirmed', 'confirmed'])
    expect(await stateOf(id)).toMatchObject({ stock: 4, orders: 1 })
  })

  it('keeps the customer limit over batches', async () => {
    const id = await createProduct({ stock: 5, perCustomerLimit: 1 })
    expect(await outcomesOf(id, 1, purchases(id, [['a', 1]]))).toEqual(['confirmed'])
    expect(
      await outcomesOf(
        id,
        2,
        purchases(id, [
          ['a', 1],
          ['b', 1],
        ]),
      ),
    ).toEqual(['limit_reached', 'confirmed'])
  })
})

describe('fencing', () => {
  it('refuses a smaller token and names the floor', async () => {
    const id = await createProduct({ stock: 5 })
    await outcomesOf(id, 7, purchases(id, [['a', 1]]))
    const late = purchases(id, [['b', 1]])
    expect(await settle(database, id, 6, late)).toEqual({ kind: 'stale_token', floor: 7 })
    expect(await stateOf(id)).toMatchObject({ stock: 4, token: 7 })
    expect(await outcomesOf(id, 7, late)).toEqual(['confirmed'])
  })
})

describe('a poisonous purchase', () => {
  it.each([
    ['a customer id that Postgres cannot hold', { customerId: 'a\u0000b' }],
    ['a quantity out of range', { quantity: 11 }],
    ['an id that is no UUID', { id: 'wait' }],
  ])('%s writes nothing and says so', async (_name, wrong) => {
    const id = await createProduct({ stock: 5 })
    const [good, bad] = purchases(id, [
      ['a', 1],
      ['b', 1],
    ])
    if (!good || !bad) throw new Error('two purchases')
    expect(await settle(database, id, 1, [good, { ...bad, ...wrong }])).toMatchObject({ kind: 'poisoned' })
    expect(await stateOf(id)).toMatchObject({ stock: 5, orders: 0 })
  })
})

describe('at the same time', () => {
  it('a customer with a limit of 1 is confirmed once, and stock is exact', async () => {
    const id = await createProduct({ stock: 10, perCustomerLimit: 1 })
    const batches = Array.from({ length: 8 }, (_, b) =>
      purchases(
        id,
        Array.from({ length: 10 }, (_, c): [string, number] => [`c${(b + c) % 15}`, 1]),
      ),
    )
    // One token for all: only the row lock keeps them apart.
    await Promise.all(batches.map((batch) => outcomesOf(id, 1, batch)))
    expect(await stateOf(id)).toMatchObject({ stock: 0, movements: 0, orders: 10, sold: 10 })
    const twice = await database.run(
      'customers over the limit',
      (sql) =>
        sql`SELECT customer_id FROM orders WHERE product_id = ${id} GROUP BY customer_id HAVING count(*) > 1`,
    )
    expect(twice).toHaveLength(0)
  })
})

describe('at the very same moment', () => {
  it('two settlements do not decide on the same stock', async () => {
    const id = await createProduct({ stock: 10 })
    const batches = ['a', 'b'].map((who) =>
      purchases(
        id,
        Array.from({ length: 10 }, (_, n): [string, number] => [`${who}${n}`, 1]),
      ),
    )
    // Both are held up at the product's row until both have come that far.
    const blocker = postgres(stores.databaseUrl, { max: 2 })
    const held = await blocker.reserve()
    await held`BEGIN`
    await held`SELECT id FROM products WHERE id = ${id} FOR UPDATE`
    const settling = Promise.all(batches.map((batch) => outcomesOf(id, 1, batch)))
    const blocked = () =>
      blocker`SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`
    await expect.poll(async () => (await blocked()).length, { timeout: 1_500, interval: 10 }).toBe(2)
    await held`COMMIT`
    held.release()
    const outcomes = (await settling).flat()
    await blocker.end()
    expect(outcomes.filter((outcome) => outcome === 'confirmed')).toHaveLength(10)
    expect(await stateOf(id)).toMatchObject({ stock: 0, movements: 0, orders: 10 })
  })
})

describe('any batches', () => {
  /** What the function promises, as a plain loop. */
  const reference = (
    {
      stock,
      perCustomerLimit: limit,
      maxPerPurchase,
    }: Record<'perCustomerLimit' | 'maxPerPurchase', number | null> & {
      stock: number
    },
    wishes: readonly [string, number][],
  ): Outcome[] => {
    const bought = new Map<string, number>()
    let left = stock
    return wishes.map(([customer, quantity]) => {
      const before = bought.get(customer) ?? 0
      if (limit !== null && before + quantity > limit) return 'limit_reached'
      if (quantity > (maxPerPurchase ?? 10)) return 'limit_reached'
      if (quantity > left) return 'sold_out'
      left -= quantity
      bought.set(customer, before + quantity)
      return 'confirmed'
    })
  }

  it('are settled as the reference loop settles them, whatever the split', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 30 }),
        fc.option(fc.integer({ min: 1, max: 6 }), { nil: null }),
        fc.option(fc.integer({ min: 1, max: 10 }), { nil: null }),
        fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.integer({ min: 1, max: 10 })), {
          maxLength: 30,
        }),
        fc.integer({ min: 1, max: 30 }),
        async (stock, perCustomerLimit, maxPerPurchase, wishes, batchSize) => {
          const rules = { stock, perCustomerLimit, maxPerPurchase }
          const id = await createProduct(rules)
          const all = purchases(id, wishes)
          const outcomes: Outcome[] = []
          for (let from = 0; from < all.length; from += batchSize)
            outcomes.push(...(await outcomesOf(id, from + 1, all.slice(from, from + batchSize))))
          expect(outcomes).toEqual(reference(rules, wishes))
        },
      ),
      { numRuns: 60 },
    )
  })
})

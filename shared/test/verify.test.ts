/** `npm run verify` on the stores of a real engine: clean after its sales, and every breach is seen and named. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { type Queue, Worker } from 'bullmq'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLogger } from '../src/logger.ts'
import { type Database, openDatabase, type Sql } from '../src/postgres.ts'
import { openQueue, type PurchaseJob, type PurchaseResult } from '../src/queue.ts'
import { closeRedis, openCommandRedis, openWorkerRedis, type Redis } from '../src/redis.ts'
import { redisKeys } from '../src/redis-keys.ts'
import { type EngineVerdict, verifyEngine } from '../src/verify/verify-engine.ts'
import { holdSales, type SalePlan, type VerifiedSale } from './verified-sales.ts'
import { runVerify } from './verify-process.ts'

const stores = isolatedStores()
const environment = {
  DATABASE_URL: stores.databaseUrl,
  REDIS_URL: stores.redisUrl,
  KEY_PREFIX: stores.keyPrefix,
}
const { bullPrefix } = redisKeys(stores.keyPrefix)
const settings = { url: stores.redisUrl, keyPrefix: stores.keyPrefix, logger: createLogger('test', 'silent') }
const reconciledAfterMs = 30_000

/** What is broken, the sale it is done to, by what, and which checks must say so. */
interface Breach {
  what: string
  plan: SalePlan
  broken: (sale: VerifiedSale, sql: Sql) => Promise<unknown>
  mended?: (sale: VerifiedSale, sql: Sql) => Promise<unknown>
  seen: string[]
  /** Text in the line on it. */
  named?: (sale: VerifiedSale) => string
}

const ample: SalePlan = { stock: 10, quantities: [1, 1, 2] }
const soldOut: SalePlan = { stock: 2, quantities: [1, 1, 1, 1] }
const last = ({ ids }: VerifiedSale): string => ids.at(-1) ?? ''
const first = ({ ids }: VerifiedSale): string => ids[0] ?? ''

let database: Database
let redis: Redis
let queue: Queue<PurchaseJob, PurchaseResult>

const changeResult = async (id: string, change: Partial<PurchaseResult>): Promise<void> => {
  const key = queue.toKey(id)
  const result = JSON.parse((await redis.hget(key, 'returnvalue')) ?? '{}') as PurchaseResult
  await redis.hset(key, 'returnvalue', JSON.stringify({ ...result, ...change }))
}

const breaches: Record<string, Breach> = {
  unbookedStock: {
    what: 'stock that nobody booked',
    plan: ample,
    broken: ({ productId }, sql) => sql`UPDATE products SET stock = stock + 1 WHERE id = ${productId}`,
    seen: ['stock'],
    named: ({ productId }) =>
      `product ${productId} "sold": 10 initial + 0 restocked − 4 sold, but 7 in stock and 6 booked`,
  },
  negativeStock: {
    what: 'a stock below 0, its guard gone',
    plan: ample,
    broken: async ({ productId }, sql) => {
      await sql`ALTER TABLE products DROP CONSTRAINT products_stock_check`
      await sql`UPDATE products SET stock = -1, initial_stock = 3 WHERE id = ${productId}`
      await sql`INSERT INTO stock_movements (product_id, delta, reason) VALUES (${productId}, -7, 'sale')`
    },
    mended: async ({ productId }, sql) => {
      await sql`UPDATE products SET stock = 6, initial_stock = 10 WHERE id = ${productId}`
      await sql`ALTER TABLE products ADD CHECK (stock >= 0)`
    },
    seen: ['stock', 'guards'],
    named: () => 'table products: expected CHECK ((stock >= 0)), there is none',
  },
  unsoldMovement: {
    what: 'a movement without a sale',
    plan: ample,
    broken: ({ productId }, sql) =>
      sql`INSERT INTO stock_movements (product_id, delta, reason) VALUES (${productId}, -1, 'sale')`,
    seen: ['stock'],
  },
  missingOrder: {
    what: 'a confirmed purchase without an order',
    plan: ample,
    broken: (sale, sql) => sql`DELETE FROM orders WHERE purchase_id = ${first(sale)}`,
    // The buyer was shown that order.
    seen: ['orders', 'shown'],
    named: ({ productId }) =>
      `product ${productId} "sold": 3 confirmed purchases, 2 orders, 2 pairs that agree`,
  },
  secondOrder: {
    what: 'two orders of one purchase, its guard gone',
    plan: ample,
    broken: async (sale, sql) => {
      await sql`ALTER TABLE orders DROP CONSTRAINT orders_purchase_id_key`
      await sql`
        INSERT INTO orders (purchase_id, product_id, customer_id, quantity)
        SELECT purchase_id, product_id, customer_id, quantity FROM orders WHERE purchase_id = ${first(sale)}`
      // The stored order is then either of the two.
      await queue.remove(first(sale))
    },
    mended: async (sale, sql) => {
      await sql`DELETE FROM orders WHERE purchase_id = ${first(sale)}`
      await sql`ALTER TABLE orders ADD UNIQUE (purchase_id)`
    },
    seen: ['orders', 'guards'],
  },
  otherQuantity: {
    what: 'an order of another quantity than its purchase',
    plan: ample,
    broken: (sale, sql) => sql`UPDATE orders SET quantity = 2 WHERE purchase_id = ${first(sale)}`,
    seen: ['orders'],
  },
  refusedAtItsTurn: {
    what: 'sold out, although there was enough at its turn',
    plan: soldOut,
    broken: (sale, sql) => sql`UPDATE purchases SET stock_left = 1 WHERE id = ${last(sale)}`,
    seen: ['no undersell'],
    named: ({ productId }) => `product ${productId} "sold": 1 purchase refused although there was enough`,
  },
  refusedForNothing: {
    what: 'sold out, although there is still enough',
    plan: soldOut,
    broken: async (sale, sql) => {
      await sql`DELETE FROM orders WHERE purchase_id = ${first(sale)}`
      await sql`DELETE FROM purchases WHERE id = ${first(sale)}`
      await sql`UPDATE products SET stock = 1 WHERE id = ${sale.productId}`
      await sql`UPDATE stock_movements SET delta = 0 WHERE id = (
        SELECT max(id) FROM stock_movements WHERE product_id = ${sale.productId})`
      await queue.remove(first(sale))
    },
    seen: ['no undersell'],
  },
  overLimit: {
    what: 'a customer above the limit',
    plan: ample,
    broken: ({ productId }, sql) => sql`UPDATE products SET per_customer_limit = 1 WHERE id = ${productId}`,
    seen: ['customer limits'],
    named: ({ productId }) => `product ${productId} "sold": 1 customer above the limit`,
  },
  unseenToken: {
    what: 'a token larger than the product has seen',
    plan: ample,
    broken: ({ productId }, sql) => sql`UPDATE products SET fencing_token = 0 WHERE id = ${productId}`,
    seen: ['fencing'],
  },
  lateToken: {
    what: 'a smaller token that settled after a larger one',
    plan: ample,
    broken: async (sale, sql) => {
      await sql`UPDATE purchases SET fencing_token = 1000 WHERE id = ${first(sale)}`
      await sql`UPDATE products SET fencing_token = 1000 WHERE id = ${sale.productId}`
    },
    seen: ['fencing'],
    named: () => '1 lease settled before an older one; largest token used 1000, of the product 1000',
  },
  noToken: {
    what: 'a purchase settled without a lease',
    plan: ample,
    broken: (sale, sql) => sql`UPDATE purchases SET fencing_token = NULL WHERE id = ${first(sale)}`,
    seen: ['fencing'],
  },
  lostOutcome: {
    what: 'a completed job without an outcome',
    plan: soldOut,
    broken: (sale, sql) => sql`DELETE FROM purchases WHERE id = ${last(sale)}`,
    seen: ['accepted'],
    named: (sale) => `purchase ${last(sale)} of product ${sale.productId}: shown as sold_out`,
  },
  otherOutcome: {
    what: 'a buyer who was shown another outcome',
    plan: ample,
    broken: (sale) => changeResult(first(sale), { outcome: 'sold_out' }),
    seen: ['shown'],
    named: (sale) => `purchase ${first(sale)} of product ${sale.productId}: shown as sold_out`,
  },
  otherOrder: {
    what: 'a buyer who was shown another order',
    plan: ample,
    broken: (sale) => changeResult(first(sale), { orderId: 4_711 }),
    seen: ['shown'],
    named: () => 'shown as confirmed, order 4711',
  },
  unreadable: {
    what: 'a job that shows nonsense',
    plan: ample,
    broken: (sale) => redis.hset(queue.toKey(first(sale)), 'returnvalue', '{'),
    seen: ['shown'],
  },
}

/** Changes that break nothing. */
const harmless: Record<string, Omit<Breach, 'seen'>> = {
  restocked: {
    what: 'stock that came after the last one was refused',
    plan: soldOut,
    broken: async ({ productId }, sql) => {
      await sql`UPDATE products SET stock = stock + 5 WHERE id = ${productId}`
      await sql`INSERT INTO stock_movements (product_id, delta, reason) VALUES (${productId}, 5, 'restock')`
    },
  },
  reset: {
    what: 'jobs of a demo product that was reset since',
    plan: { ...soldOut, demo: true },
    broken: ({ productId }, sql) => sql`SELECT * FROM reset_product(${productId}, 3)`,
  },
  forgotten: {
    what: 'a job that Redis has forgotten',
    plan: ample,
    broken: (sale) => queue.remove(first(sale)),
  },
}

let sales: Record<string, VerifiedSale>
const saleOf = (name: string): VerifiedSale => sales[name] ?? { productId: 0, ids: [] }

beforeAll(async () => {
  database = openDatabase({
    url: stores.databaseUrl,
    name: 'verify test',
    connectionsMax: 2,
    deadlineMs: 5_000,
  })
  redis = openCommandRedis(settings, 'test')
  queue = openQueue('purchases', redis, bullPrefix)
  const plans = Object.entries({
    ...breaches,
    ...harmless,
    clean: { plan: soldOut },
    failed: { plan: ample },
  })
  sales = await holdSales(
    stores,
    database,
    Object.fromEntries([
      ...plans.map(([name, { plan }]) => [name, plan]),
      ['naive', { ...ample, demo: true }],
    ]),
  )
})
afterAll(async () => {
  await queue.close()
  await closeRedis(redis)
  await database.close(1_000)
})

const verify = (productId?: number, after = reconciledAfterMs): Promise<EngineVerdict> =>
  verifyEngine({ ...stores, productId, reconciledAfterMs: after })

const namesOfBroken = ({ checks }: EngineVerdict): string[] =>
  checks.filter(({ violations }) => violations > 0).map(({ name }) => name)

/** For titles: what it is comes first. */
const named = <T extends { what: string }>(cases: Readonly<Record<string, T>>) =>
  Object.entries(cases).map(([name, one]) => [one.what, name, one] as const)

const change = (how: Breach['broken'], sale: VerifiedSale) =>
  database.run('breaking', async (sql) => how(sale, sql))

test('an engine that nobody broke: the command says so, in text and in JSON', async () => {
  const [text, json] = await Promise.all([runVerify(environment), runVerify(environment, '--json')])
  expect(text).toMatchObject({ code: 0, stderr: '' })
  expect(text.stdout).toContain('Every invariant holds.')
  expect(text.stdout.match(/^ {2}✓ \d /gm)).toHaveLength(8)
  expect(json).toMatchObject({ code: 0, stderr: '' })
  const products = Object.keys(sales).length
  const verdict = JSON.parse(json.stdout) as EngineVerdict
  expect(verdict).toMatchObject({ ok: true, skippedCount: 0, skipped: [] })
  expect(verdict.products).toMatchObject({ products, purchases: verdict.queue.completed })
  expect(verdict.products.sold).toBe(verdict.products.initialStock - verdict.products.stock)
  expect(verdict.queue).toMatchObject({ waiting: 0, active: 0, failed: 0 })
  expect(verdict.queue.compared).toBe(verdict.queue.completed)
})

test('one product', async () => {
  const { productId, ids } = saleOf('clean')
  const verdict = await verify(productId)
  expect(verdict).toMatchObject({
    ok: true,
    products: { products: 1, initialStock: 2, sold: 2, stock: 0, soldOut: 2, orders: 2, leases: 4 },
    queue: { compared: ids.length },
  })
})

describe('a breach is seen by its own check alone', () => {
  test.each(named(breaches))('%s', async (_what, name, breach) => {
    const sale = saleOf(name)
    expect(namesOfBroken(await verify(sale.productId))).toEqual([])
    await change(breach.broken, sale)
    const verdict = await verify(sale.productId)
    if (breach.mended) await change(breach.mended, sale)
    expect(verdict.ok).toBe(false)
    expect(namesOfBroken(verdict)).toEqual(breach.seen)
    const lines = verdict.checks.flatMap(({ worst }) => worst).join('\n')
    expect(lines).toContain(breach.named?.(sale) ?? '')
  })
})

test.each(named(harmless))('%s: no breach', async (_what, name, { broken }) => {
  const sale = saleOf(name)
  await change(broken, sale)
  expect(await verify(sale.productId)).toMatchObject({ ok: true })
})

test('a demo product that was bought naively is skipped', async () => {
  const sale = saleOf('naive')
  await change((_, sql) => sql`UPDATE purchases SET fencing_token = NULL WHERE id = ${first(sale)}`, sale)
  await change((_, sql) => sql`UPDATE products SET stock = 9 WHERE id = ${sale.productId}`, sale)
  expect(await verify(sale.productId)).toMatchObject({
    ok: true,
    products: { products: 0 },
    skippedCount: 1,
    skipped: [`product ${sale.productId} "sold": demo, 1 naive purchase`],
  })
})

test('a purchase that waits is counted; failed without outcome, it is a breach once nobody will settle it', async () => {
  const { productId } = saleOf('failed')
  const jobId = crypto.randomUUID()
  await queue.add('purchase', { productId, customerId: 'late', quantity: 1 }, { jobId })
  expect(await verify(productId)).toMatchObject({ ok: true, queue: { waiting: 1 } })

  const connection = openWorkerRedis(settings)
  const failing = new Worker('purchases', () => Promise.reject(new Error('a bug')), {
    connection,
    prefix: bullPrefix,
  })
  await new Promise((resolve) => failing.once('failed', resolve))
  await failing.close()
  await closeRedis(connection)
  expect(await verify(productId)).toMatchObject({ ok: true, queue: { waiting: 0, failed: 1 } })

  const verdict = await verify(productId, -1)
  expect(namesOfBroken(verdict)).toEqual(['accepted'])
  const line = `purchase ${jobId} of product ${productId}: its job has failed; Postgres has no outcome`
  expect(verdict.checks.flatMap(({ worst }) => worst)).toEqual([line])

  await database.run(
    'closing it',
    (sql) => sql`
      INSERT INTO purchases (id, product_id, customer_id, quantity, outcome, stock_left, accepted_at)
      VALUES (${jobId}, ${productId}, 'late', 1, 'failed', 0, now())`,
  )
  expect(await verify(productId, -1)).toMatchObject({ ok: true })
})

describe('the command', () => {
  test('names what is broken and exits with 3', async () => {
    const { code, stdout } = await runVerify(environment)
    expect(code).toBe(3)
    expect(stdout).toMatch(/^ {2}✗ 1 stock +\d broken$/m)
    expect(stdout).toMatch(/^ {6}product \d+ "sold": 10 initial \+ 0 restocked − 4 sold, but 7 in stock/m)
    expect(stdout).toMatch(
      /^BROKEN: stock, fencing, orders, accepted, no undersell, customer limits, shown\./m,
    )
  })

  test('of one product, as JSON', async () => {
    const { productId } = saleOf('overLimit')
    const { code, stdout } = await runVerify(environment, '--json', '--product', String(productId))
    expect(code).toBe(3)
    expect(namesOfBroken(JSON.parse(stdout) as EngineVerdict)).toEqual(['customer limits'])
  })

  test('finds the stores of the engine that runs on DATA_DIR', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'flash-sale-verify-'))
    const { databaseUrl, redisUrl, keyPrefix } = stores
    const facts = { pid: process.pid, url: 'http://localhost:1', databaseUrl, redisUrl }
    await writeFile(join(directory, 'engine.json'), JSON.stringify(facts))
    const given = { DATA_DIR: directory, KEY_PREFIX: keyPrefix }
    const product = ['--product', String(saleOf('clean').productId)]
    const results = await Promise.all([
      runVerify(given, ...product),
      runVerify({ ...given, DATABASE_URL: databaseUrl }, ...product),
      // Another Postgres than that engine's: its Redis is not taken either.
      runVerify({ ...given, DATABASE_URL: `${databaseUrl}_other` }, ...product),
    ])
    await rm(directory, { recursive: true })
    expect(results.map(({ code }) => code)).toEqual([0, 0, 1])
  })

  test('refuses bad usage, and explains itself', async () => {
    const [bad, help] = await Promise.all([runVerify(environment, '--verbose'), runVerify({}, '--help')])
    expect(bad).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('Usage: npm run verify'),
    })
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('--product ID'), stderr: '' })
  })

  test('says in one line why it could not run, without passwords', async () => {
    const reasons = await Promise.all([
      runVerify(environment, '--product', '2147483647'),
      runVerify({ ...environment, KEY_PREFIX: ' *' }),
      runVerify({ ...environment, REDIS_URL: 'redis://:secret@127.0.0.1:1' }),
    ])
    expect(reasons.map(({ code, stdout }) => ({ code, stdout }))).toEqual(
      reasons.map(() => ({ code: 1, stdout: '' })),
    )
    const [product, setting, store] = reasons.map(({ stderr }) => stderr)
    expect(product).toBe('verify could not run. There is no product 2147483647.\n')
    expect(setting).toContain('KEY_PREFIX: expected up to 40 letters')
    expect(store).toMatch(/^verify could not run. Redis at 127.0.0.1:1 cannot be asked: .*ECONNREFUSED.*\n$/)
    expect(store).not.toContain('secret')
  })
})

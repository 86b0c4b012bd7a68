/** `npm run verify` on the stores of a real engine: clean after its sales, and every breach is seen and named. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { Worker } from 'bullmq'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLogger } from '../src/logger.ts'
import { openDatabase } from '../src/postgres.ts'
import { openQueue } from '../src/queue.ts'
import { closeRedis, openCommandRedis, openWorkerRedis } from '../src/redis.ts'
import { redisKeys } from '../src/redis-keys.ts'
import { type EngineVerdict, verifyEngine } from '../src/verify/verify-engine.ts'
import { ample, type Breach, breachesWith, first, harmlessWith, soldOut } from './breaches.ts'
import { holdSales, type VerifiedSale } from './verified-sales.ts'
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

const database = openDatabase({
  url: stores.databaseUrl,
  name: 'verify test',
  connectionsMax: 2,
  deadlineMs: 5_000,
})
const redis = openCommandRedis(settings, 'test')
const queue = openQueue('purchases', redis, bullPrefix)
const breaches = breachesWith(redis, queue)
const harmless = harmlessWith(queue)

let sales: Record<string, VerifiedSale>
const saleOf = (name: string): VerifiedSale => sales[name] ?? { productId: 0, ids: [] }

beforeAll(async () => {
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

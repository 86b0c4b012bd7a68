/** Purchases with an Idempotency-Key while a store is away, frozen, or answers nobody. */
import { randomUUID } from 'node:crypto'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { withDeadline } from '@flash-sale/shared/deadline.ts'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { purchaseIdOf } from '../src/idempotency-key.ts'
import { expectProblem } from './expect-problem.ts'
import { type Answer, eventually, type ServedApi, serveApi } from './served-api.ts'
import { openStoreProxy, type StoreProxy } from './store-proxy.ts'

/** Within this every answer is promised, whatever the stores do. */
const answerDeadlineMs = 2_000

const stores = isolatedStores()
let redisProxy: StoreProxy
let postgresProxy: StoreProxy
let api: ServedApi
/** Sees the stores as they are. */
let untouched: ServedApi
let productId: number

beforeAll(async () => {
  redisProxy = await openStoreProxy(stores.redisUrl)
  postgresProxy = await openStoreProxy(stores.databaseUrl)
  api = await serveApi({ ...stores, redisUrl: redisProxy.url, databaseUrl: postgresProxy.url })
  untouched = await serveApi(stores)
  productId = await untouched.createProduct({ demo: true })
  await ready()
  expect((await buy(randomUUID())).status).toBe(202)
})
afterEach(async () => {
  await redisProxy.up()
  await postgresProxy.up()
  await ready()
})
afterAll(async () => {
  await Promise.all([api.close(), untouched.close()])
  await Promise.all([redisProxy.close(), postgresProxy.close()])
})

const ready = () => eventually(async () => (await api.call('/readyz')).status === 200)

const buy = (key: string, fields: Record<string, unknown> = {}): Promise<Answer> =>
  withDeadline(
    'buying',
    answerDeadlineMs,
    api.call('/purchases', {
      json: { productId, customerId: 'c-1', ...fields },
      headers: { 'idempotency-key': key },
    }),
  )

const expectAccepted = (answer: Answer, key: string, replayed: boolean): void => {
  expect({ status: answer.status, jobId: answer.body.jobId }).toEqual({
    status: 202,
    jobId: purchaseIdOf('c-1', key),
  })
  expect(answer.headers.get('idempotency-replayed')).toBe(replayed ? 'true' : null)
}

test('the reply of the add is lost: unknown, and the same purchase when it is sent again', async () => {
  const key = randomUUID()
  const before = await untouched.queued()
  redisProxy.loseReplies()
  const lost = await buy(key)
  expectProblem(lost, 503, 'outcome-unknown')
  expect(lost.body.detail).toMatch(/send it again with the same Idempotency-Key/)
  expect(lost.headers.get('retry-after')).toBe('1')
  await redisProxy.up()
  await ready()
  expectAccepted(await buy(key), key, true)
  expectProblem(await buy(key, { quantity: 2 }), 422, 'idempotency-key-reused')
  expect(await untouched.queued()).toBe(before + 1)
})

test('Redis is down: not accepted, and accepted when it is sent again', async () => {
  const key = randomUUID()
  await redisProxy.down()
  await eventually(async () => api.redis.status !== 'ready')
  const refused = await buy(key)
  expectProblem(refused, 503, 'queue-unavailable')
  expect(refused.body.detail).toMatch(/with the same Idempotency-Key/)
  await redisProxy.up()
  await ready()
  expectAccepted(await buy(key), key, false)
})

test.each(['down', 'freeze'] as const)(
  'Postgres %s: accepted, and known while it is in Redis',
  async (fault) => {
    const key = randomUUID()
    await postgresProxy[fault]()
    expectAccepted(await buy(key), key, false)
    expectAccepted(await buy(key), key, true)
    expectProblem(await buy(key, { quantity: 2 }), 422, 'idempotency-key-reused')
    const many = await Promise.all(Array.from({ length: 50 }, () => buy(randomUUID())))
    expect(new Set(many.map(({ status }) => status))).toEqual(new Set([202]))
  },
)

test('Postgres is down and Redis has forgotten the job: queued again, under the id that has its outcome', async () => {
  const key = randomUUID()
  const jobId = purchaseIdOf('c-1', key)
  await untouched.database.run(
    'settling',
    (sql) => sql`SELECT * FROM settle_purchases(${productId}, 1, ${[jobId]}::uuid[], ${['c-1']}::text[],
                                                ${[1]}::int[], ${[new Date().toISOString()]}::timestamptz[])`,
  )
  await postgresProxy.down()
  expectAccepted(await buy(key), key, false)
  await postgresProxy.up()
  await ready()
  expectAccepted(await buy(key), key, true)
  expect((await api.call(`/purchases/${jobId}`)).body.status).toBe('confirmed')
})

test('both are frozen: unknown, in time', async () => {
  redisProxy.freeze()
  postgresProxy.freeze()
  expectProblem(await buy(randomUUID()), 503, 'outcome-unknown')
})

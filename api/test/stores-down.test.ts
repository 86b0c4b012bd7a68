import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { withDeadline } from '@flash-sale/shared/deadline.ts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { expectProblem } from './expect-problem.ts'
import {
  type Answer,
  adminHeaders,
  type CallOptions,
  eventually,
  type ServedApi,
  serveApi,
} from './served-api.ts'
import { openStoreProxy, type StoreProxy } from './store-proxy.ts'

/** Within this every answer is promised, whatever the stores do. */
const answerDeadlineMs = 2_000

const stores = isolatedStores()
let redisProxy: StoreProxy
let postgresProxy: StoreProxy
let api: ServedApi
let productId: number

const serveThroughProxies = () =>
  serveApi({ ...stores, redisUrl: redisProxy.url, databaseUrl: postgresProxy.url })

const promptly = (path: string, options?: CallOptions): Promise<Answer> =>
  withDeadline(path, answerDeadlineMs, api.call(path, options))

const buy = (id = productId): Promise<Answer> =>
  promptly('/purchases', { json: { productId: id, customerId: 'c-1' } })

const ready = () => eventually(async () => (await api.call('/readyz')).status === 200)

beforeAll(async () => {
  redisProxy = await openStoreProxy(stores.redisUrl)
  postgresProxy = await openStoreProxy(stores.databaseUrl)
})
afterAll(async () => {
  await redisProxy.close()
  await postgresProxy.close()
})

describe('while the api runs', () => {
  beforeAll(async () => {
    api = await serveThroughProxies()
    await ready()
    productId = await api.createProduct()
    expect((await buy()).status).toBe(202)
  })
  afterEach(async () => {
    await redisProxy.up()
    await postgresProxy.up()
    await ready()
    expect((await buy()).status).toBe(202)
  })
  afterAll(() => api.close())

  test.each(['down', 'freeze'] as const)('Redis %s: purchases are refused in time', async (fault) => {
    await redisProxy[fault]()
    const refused = await buy()
    expect(refused.status).toBe(503)
    expect(['queue-unavailable', 'outcome-unknown']).toContain(refused.body.code)
    expect(refused.headers.get('retry-after')).toBe('1')
    const { status, body } = await promptly('/readyz')
    expect({ status, ready: body.ready }).toEqual({ status: 503, ready: false })
    expect(body.checks).toMatchObject({
      redis: expect.not.stringMatching('^ok$'),
      postgres: 'ok',
      schema: 'ok',
    })
    expect((await promptly('/livez')).status).toBe(200)
    expect((await promptly(`/products/${productId}`)).status).toBe(200)
  })

  test('Redis down: a stored outcome is still shown, what is not stored is 503', async () => {
    const [stored, pending] = [(await buy()).body.jobId, (await buy()).body.jobId]
    await api.database.run(
      'settling',
      (sql) => sql`SELECT * FROM settle_purchases(${productId}, 1, ${[stored]}::uuid[], ${['c-1']}::text[],
                                                  ${[1]}::int[], ${[new Date().toISOString()]}::timestamptz[])`,
    )
    await redisProxy.down()
    await eventually(async () => api.redis.status !== 'ready')
    expect((await promptly(`/purchases/${stored}`)).body.status).toBe('confirmed')
    expectProblem(await promptly(`/purchases/${pending}`), 503, 'queue-unavailable')
    expectProblem(await buy(), 503, 'queue-unavailable')
  })

  test('Redis down: the dashboard says so', async () => {
    await redisProxy.down()
    await eventually(async () => api.redis.status !== 'ready')
    const answer = await promptly('/admin/queues/api/queues', { headers: adminHeaders })
    expectProblem(answer, 503, 'queue-unavailable')
    expect((await promptly('/admin/queues', { headers: adminHeaders })).status).toBe(200)
  })

  test('Redis frozen: the dashboard does not hang', async () => {
    redisProxy.freeze()
    const answer = await promptly('/admin/queues/api/queues', { headers: adminHeaders })
    expect(answer.status).toBeGreaterThanOrEqual(500)
  })

  test.each(['down', 'freeze'] as const)('Postgres %s: known products are accepted', async (fault) => {
    await postgresProxy[fault]()
    const { status, body } = await buy()
    expect(status).toBe(202)
    expect((await promptly(`/purchases/${body.jobId}`)).body.status).toBe('queued')
    expectProblem(await buy(productId + 1_000), 503, 'database-unavailable')
    const [product, list] = [await promptly(`/products/${productId}`), await promptly('/products')]
    expectProblem(product, 503, 'database-unavailable')
    expectProblem(list, 503, 'database-unavailable')
    expect(product.headers.get('retry-after')).toBe('1')
    const unknown = '01890a5d-ac96-774b-bcce-b302099a8057'
    expectProblem(await promptly(`/purchases/${unknown}`), 503, 'database-unavailable')
    const readiness = await promptly('/readyz')
    expect(readiness.status).toBe(503)
    expect(readiness.body.checks).toMatchObject({ redis: 'ok', postgres: 'cannot be reached' })
  })

  test('admin calls with Postgres down', async () => {
    await postgresProxy.down()
    for (const [path, json] of [
      ['/admin/products', { name: 'x', stock: 1 }],
      [`/admin/products/${productId}/restock`, { quantity: 1 }],
      [`/admin/products/${productId}/reset`, { stock: 1 }],
    ] as const) {
      expectProblem(await api.call(path, { json, headers: adminHeaders }), 503, 'database-unavailable')
    }
    const verify = await api.call(`/admin/products/${productId}/verify`, { headers: adminHeaders })
    expectProblem(verify, 503, 'database-unavailable')
  })
})

describe('a start with a store down', () => {
  afterEach(() => api.close())

  test.each([
    ['redis', () => redisProxy],
    ['postgres', () => postgresProxy],
  ] as const)('%s: it serves what it can and comes to life by itself', async (name, proxyOf) => {
    await proxyOf().down()
    api = await serveThroughProxies()
    expect((await promptly('/livez')).status).toBe(200)
    const readiness = await promptly('/readyz')
    expect(readiness.status).toBe(503)
    expect(readiness.body.checks[name]).toBe('cannot be reached')
    expect((await buy()).status).toBe(503)

    await proxyOf().up()
    await ready()
    expect((await buy()).status).toBe(202)
    // What was refused while the store was away is not added behind the caller's back.
    const ids = new Set((await api.queue.getWaiting()).map((job) => job.id))
    expect(ids.size).toBe(await api.queued())
  })

  test('both, and a close while they are down', async () => {
    await redisProxy.down()
    await postgresProxy.down()
    api = await serveThroughProxies()
    expect((await buy()).status).toBe(503)
    await withDeadline('close', 5_000, api.close())
    await redisProxy.up()
    await postgresProxy.up()
    // For the clean-up of this test.
    api = await serveThroughProxies()
  })
})

import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { queueStateSchema } from '@flash-sale/shared/contract/queue-state.ts'
import { openWorkerRedis } from '@flash-sale/shared/redis.ts'
import { redisKeys } from '@flash-sale/shared/redis-keys.ts'
import { Worker } from 'bullmq'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectProblem } from './expect-problem.ts'
import { adminHeaders, eventually, type ServedApi, serveApi } from './served-api.ts'
import { openStoreProxy, type StoreProxy } from './store-proxy.ts'

const stores = isolatedStores()
let proxy: StoreProxy
let api: ServedApi
let productId: number

beforeAll(async () => {
  proxy = await openStoreProxy(stores.redisUrl)
  api = await serveApi({ ...stores, redisUrl: proxy.url })
  productId = await api.createProduct()
  await eventually(async () => api.redis.status === 'ready')
})
afterAll(async () => {
  await proxy.up()
  await api.close()
  await proxy.close()
})

const call = (path: string, method = 'GET') =>
  api.call(`/admin/queue${path}`, { method, headers: adminHeaders })
const buy = () => api.call('/purchases', { json: { productId, customerId: 'c-1' } })

test('pause, buy, resume', async () => {
  for (let twice = 0; twice < 2; twice += 1) {
    const { status, body } = await call('/pause', 'POST')
    expect(status).toBe(200)
    expect(queueStateSchema.parse(body).paused).toBe(true)
  }
  const { jobId } = (await buy()).body
  expect((await call('')).body).toEqual({
    paused: true,
    counts: { waiting: 1, active: 0, delayed: 0, completed: 0, failed: 0 },
  })
  const connection = openWorkerRedis({
    url: stores.redisUrl,
    keyPrefix: stores.keyPrefix,
    logger: pino({ level: 'silent' }),
  })
  const taken: (string | undefined)[] = []
  const { bullPrefix } = redisKeys(stores.keyPrefix)
  const worker = new Worker(api.queue.name, async (job) => taken.push(job.id), {
    connection,
    prefix: bullPrefix,
  })
  await worker.waitUntilReady()
  // A second one has been given the time to be taken, would anybody take it.
  const second = (await buy()).body.jobId
  expect((await api.call(`/purchases/${second}`)).body.status).toBe('queued')
  expect(taken).toEqual([])
  for (let twice = 0; twice < 2; twice += 1) {
    expect((await call('/resume', 'POST')).body.paused).toBe(false)
  }
  await eventually(async () => taken.length === 2)
  expect(taken).toEqual([jobId, second])
  await eventually(async () => (await call('')).body.counts.completed === 2)
  await worker.close()
  connection.disconnect()
})

test.each(['down', 'freeze'] as const)(
  'Redis %s: 503 in time, and afterwards all is as before',
  async (fault) => {
    await proxy[fault]()
    for (const [path, method] of [
      ['', 'GET'],
      ['/pause', 'POST'],
      ['/resume', 'POST'],
    ] as const) {
      const answer = await Promise.race([
        call(path, method),
        new Promise<never>((_, reject) => setTimeout(reject, 4_000, new Error('no answer'))),
      ])
      expectProblem(answer, 503, 'queue-unavailable')
      expect(answer.headers.get('retry-after')).toBe('1')
    }
    await proxy.up()
    await eventually(async () => (await call('')).status === 200)
    expect((await call('')).body.paused).toBe(false)
  },
)

test('methods', async () => {
  expectProblem(await call('', 'DELETE'), 405, 'method-not-allowed')
  expectProblem(await call('/pause'), 405, 'method-not-allowed')
})

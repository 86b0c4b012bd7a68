import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import type { PurchaseJob, PurchaseResult } from '@flash-sale/shared/queue.ts'
import { openWorkerRedis } from '@flash-sale/shared/redis.ts'
import { redisKeys } from '@flash-sale/shared/redis-keys.ts'
import { type Job, Worker } from 'bullmq'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, type ServedApi, serveApi } from './served-api.ts'

const stores = isolatedStores()
let api: ServedApi
let productId: number

beforeAll(async () => {
  api = await serveApi(stores)
  productId = await api.createProduct({ demo: true })
})
afterAll(() => api.close())

const buy = async (fields: Record<string, unknown> = {}): Promise<string> => {
  const answer = await api.call('/purchases', { json: { productId, customerId: 'c-1', ...fields } })
  expect(answer.status).toBe(202)
  return answer.body.jobId
}

const settleInPostgres = (jobId: string) =>
  api.database.run(
    'settling',
    (sql) => sql`SELECT * FROM settle_purchases(${productId}, 1, ${[jobId]}::uuid[], ${['c-1']}::text[],
                                                ${[2]}::int[], ${['2026-01-31T12:00:00Z']}::timestamptz[])`,
  )

describe('a purchase that is accepted', () => {
  test('says where to poll and when', async () => {
    const answer = await api.call('/purchases', { json: { productId, customerId: 'c-1' } })
    expect(answer.status).toBe(202)
    const { jobId } = answer.body
    expect(answer.body).toEqual({
      jobId: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/),
      status: 'queued',
      statusUrl: `/purchases/${jobId}`,
      pollAfterMs: 50,
    })
    expect(answer.headers.get('location')).toBe(`/purchases/${jobId}`)
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  })

  test('is one job with what the worker needs, and no more', async () => {
    const before = Date.now()
    const plain = await api.queue.getJob(await buy({ quantity: 3 }))
    const naive = await api.queue.getJob(await buy({ strategy: 'naive' }))
    const locked = await api.queue.getJob(await buy({ strategy: 'locked' }))
    expect(plain?.data).toEqual({ productId, customerId: 'c-1', quantity: 3 })
    expect(naive?.data).toEqual({ productId, customerId: 'c-1', quantity: 1, strategy: 'naive' })
    expect(locked?.data).toEqual({ productId, customerId: 'c-1', quantity: 1 })
    expect(plain?.timestamp).toBeGreaterThanOrEqual(before)
  })

  test.each([
    ['128 characters', 'c'.repeat(128)],
    ['an integer', '17'],
    ['a colon', 'bull:purchases:wait'],
    ['emoji', '🛒'.repeat(64)],
    ['quotes', `"'\`\\`],
    ['a path', '../../etc/passwd'],
    ['a prototype', '__proto__'],
  ])('keeps a customerId of %s unchanged', async (_what, customerId) => {
    const job = await api.queue.getJob(await buy({ customerId }))
    expect(job?.data.customerId).toBe(customerId)
  })

  test('has ids that grow with the order of acceptance', async () => {
    const ids: string[] = []
    for (let n = 0; n < 20; n += 1) ids.push(await buy())
    expect(ids).toEqual([...ids].sort())
  })

  test('the body may name its charset', async () => {
    const headers = { 'content-type': 'application/json; charset=UTF-8' }
    const answer = await api.call('/purchases', { json: { productId, customerId: 'c-1' }, headers })
    expect(answer.status).toBe(202)
  })
})

describe('what is shown of a purchase', () => {
  test('queued, until a worker takes it; the id in any case', async () => {
    const jobId = await buy({ quantity: 2 })
    const answer = await api.call(`/purchases/${jobId.toUpperCase()}`)
    expect(answer.body).toEqual({
      jobId,
      productId,
      quantity: 2,
      status: 'queued',
      acceptedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      pollAfterMs: expect.any(Number),
    })
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('etag')).toBeNull()
  })

  test('the stored outcome, also when Redis has forgotten the job', async () => {
    const jobId = await buy({ quantity: 2 })
    await settleInPostgres(jobId)
    const expected = {
      jobId,
      productId,
      quantity: 2,
      status: 'confirmed',
      orderId: expect.any(Number),
      acceptedAt: '2026-01-31T12:00:00.000Z',
      settledAt: expect.stringMatching(/Z$/),
    }
    expect((await api.call(`/purchases/${jobId}`)).body).toEqual(expected)
    await (await api.queue.getJob(jobId))?.remove()
    expect((await api.call(`/purchases/${jobId}`)).body).toEqual(expected)
  })

  test('its way through a worker', async () => {
    await api.queue.drain()
    const jobId = await buy()
    const steps: Record<string, () => void> = {}
    const reach = (name: string) => new Promise<void>((resolve) => Object.assign(steps, { [name]: resolve }))
    const [lockGate, settleGate] = [reach('lock'), reach('settle')]
    const result: PurchaseResult = {
      outcome: 'sold_out',
      settledAt: '2026-01-31T12:00:00.000Z',
      queueWaitMs: 1,
      lockWaitMs: 2,
      settleMs: 3,
      batchSize: 4,
      fencingToken: 5,
    }
    const process = async (job: Job<PurchaseJob, PurchaseResult>): Promise<PurchaseResult> => {
      if (job.data.customerId === 'fails') throw new Error('a bug')
      await lockGate
      await job.updateProgress({ status: 'settling', since: result.settledAt })
      await settleGate
      return result
    }
    const connection = openWorkerRedis({ ...stores, url: stores.redisUrl, logger: pino({ level: 'silent' }) })
    const { bullPrefix: prefix } = redisKeys(stores.keyPrefix)
    const worker = new Worker(api.queue.name, process, { connection, prefix, concurrency: 5 })
    const view = async (id: string, status: string) =>
      eventually(async () => {
        const { body } = await api.call(`/purchases/${id}`)
        return body.status === status && body
      })
    try {
      expect(await view(jobId, 'waiting_for_lock')).toMatchObject({ queueWaitMs: expect.any(Number) })
      steps.lock?.()
      expect(await view(jobId, 'settling')).toMatchObject({ pollAfterMs: expect.any(Number) })
      steps.settle?.()
      const { outcome, fencingToken, ...shown } = result
      expect(await view(jobId, 'sold_out')).toEqual({
        jobId,
        productId,
        quantity: 1,
        acceptedAt: expect.any(String),
        status: outcome,
        ...shown,
      })

      const failing = await buy({ customerId: 'fails' })
      await eventually(async () => (await api.queue.getJob(failing))?.failedReason)
      expect((await api.call(`/purchases/${failing}`)).body.status).toBe('queued')
    } finally {
      await worker.close()
      connection.disconnect()
    }
  })
})

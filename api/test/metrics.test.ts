import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import type { ReportedMetric } from '@flash-sale/shared/metrics-report.ts'
import { openDatabase } from '@flash-sale/shared/postgres.ts'
import { redisKeys } from '@flash-sale/shared/redis-keys.ts'
import { readWorkerMetrics, writeWorkerReport } from '@flash-sale/shared/worker-reports.ts'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { readMetrics } from './read-metrics.ts'
import { adminHeaders, eventually, type ServedApi, serveApi, wrongAdminHeaders } from './served-api.ts'
import { openStoreProxy } from './store-proxy.ts'

const stores = isolatedStores()
const keys = redisKeys(stores.keyPrefix).reports
let api: ServedApi

beforeAll(async () => {
  api = await serveApi(stores)
  await eventually(async () => api.redis.status === 'ready')
})
afterAll(() => api.close())

const scrape = async (path: string) => {
  const answer = await api.call(path, { headers: adminHeaders })
  expect(answer.status).toBe(200)
  return { ...readMetrics(answer.text), text: answer.text }
}

const noProducts = { minutes: [], allMinutes: true, outcomes: [], allOutcomes: true }

const settledMetric = (purchases: number): ReportedMetric => ({
  name: 'flash_sale_purchases_settled_total',
  help: 'Settled.',
  type: 'counter',
  values: [[purchases, { outcome: 'confirmed' }]],
})

describe('the metrics', () => {
  test.each(['/metrics', '/metrics/api', '/metrics/workers'])('%s is for admins only', async (path) => {
    for (const headers of [{}, wrongAdminHeaders]) {
      const answer = await api.call(path, { headers })
      expect(answer.status).toBe(401)
      expect(answer.text).not.toContain('flash_sale_')
    }
    expect((await api.call(path, { method: 'POST', json: {}, headers: adminHeaders })).status).toBe(405)
  })

  it('keep workers apart and forget those that report no more', async () => {
    const report = (worker: string, purchases: number, expiryMs: number) =>
      writeWorkerReport(
        api.redis,
        keys,
        worker,
        { metrics: [settledMetric(purchases)], lines: [], products: noProducts },
        expiryMs,
      )
    await report('w1', 7, 60_000)
    await report('w2', 5, 60_000)
    await report('gone', 99, 1)
    await eventually(async () => (await api.redis.exists(keys.metrics('gone'))) === 0)
    const { by, sum, text } = await scrape('/metrics/workers')
    expect(by('flash_sale_purchases_settled_total', 'worker')).toEqual({ w1: 7, w2: 5 })
    expect(text.match(/# TYPE flash_sale_purchases_settled_total counter/g)).toHaveLength(1)
    expect(sum('flash_sale_worker_report_age_seconds', { worker: 'w1' })).toBeLessThan(10)
  })

  it('pass over what is no report', async () => {
    await api.redis.zadd(keys.workers, Date.now(), 'broken')
    for (const nonsense of ['not deflated', '']) {
      await api.redis.set(keys.metrics('broken'), nonsense)
      expect((await readWorkerMetrics(api.redis, keys)).map(({ worker }) => worker)).not.toContain('broken')
    }
  })

  it('count requests by route, never by what callers make up', async () => {
    const before = await scrape('/metrics/api')
    const paths = [
      '/purchases/0190d1f8-0000-7000-8000-000000000000',
      '/made-up-1',
      '/made-up-2',
      '/admin/made-up',
    ]
    for (const path of paths) await api.call(path, { headers: adminHeaders })
    await api.call('/admin/products', { method: 'POST' })
    const after = await scrape('/metrics/api')
    const grown = (route: string): number => {
      const of = (read: typeof after): number =>
        read.sum('flash_sale_http_requests_total', { route, status: '4xx' }) ?? 0
      return of(after) - of(before)
    }
    expect(grown('/purchases/:jobId')).toBe(1)
    expect(grown('other')).toBe(2)
    expect(grown('/admin')).toBe(2)
    expect(after.text).not.toContain('made-up')
  })

  it('show calls that wait for Postgres, by pool', async () => {
    const other = openDatabase({
      ...{ url: stores.databaseUrl, name: 'metrics test' },
      ...{ connectionsMax: 1, deadlineMs: 5_000 },
    })
    const poolsOf = async (name: 'calls' | 'connections_max') => {
      const { buyers, admins } = (await scrape('/metrics/api')).by(`flash_sale_api_postgres_${name}`, 'pool')
      return { buyers: buyers ?? 0, admins: admins ?? 0 }
    }
    expect(await poolsOf('connections_max')).toEqual({ buyers: 4, admins: 4 })
    let calls: Promise<{ status: number }>[] = []
    try {
      await other.run('locking tables', (sql) =>
        sql.begin(async (session) => {
          await session`LOCK TABLE purchases, orders IN ACCESS EXCLUSIVE MODE`
          calls = Array.from({ length: 6 }, () => api.call('/orders/1'))
          await eventually(async () => (await poolsOf('calls')).buyers >= 6)
          expect((await poolsOf('calls')).admins).toBe(0)
        }),
      )
      const statuses = (await Promise.all(calls)).map(({ status }) => status)
      expect(statuses).toEqual(Array.from({ length: 6 }, () => 404))
      await eventually(async () => (await poolsOf('calls')).buyers === 0)
    } finally {
      await Promise.all(calls)
      await other.close(1_000)
    }
  })

  it('name no customer', async () => {
    const productId = await api.createProduct()
    await api.call('/purchases', { json: { productId, customerId: 'c-secret-17' } })
    expect((await scrape('/metrics')).text).not.toContain('c-secret-17')
  })
})

test('while Redis is away the metrics of the api are there, and say so', async () => {
  const proxy = await openStoreProxy(stores.redisUrl)
  const cut = await serveApi({ ...stores, redisUrl: proxy.url })
  try {
    await eventually(async () => cut.redis.status === 'ready')
    for (const fault of ['frozen', 'gone'] as const) {
      if (fault === 'frozen') proxy.freeze()
      else await proxy.down()
      for (const path of ['/metrics', '/metrics/api', '/metrics/workers']) {
        const answer = await cut.call(path, { headers: adminHeaders })
        const { sum } = readMetrics(answer.text)
        expect([path, answer.status]).toEqual([path, 200])
        if (path !== '/metrics/workers') expect(sum('flash_sale_redis_reachable')).toBe(0)
        if (path !== '/metrics/api') expect(sum('flash_sale_worker_reports_readable')).toBe(0)
        expect(sum('flash_sale_queue_jobs')).toBeUndefined()
      }
    }
  } finally {
    await cut.close()
    await proxy.close()
  }
})

test('the log line of a purchase carries its request id and its job id', async () => {
  const productId = await api.createProduct()
  const answer = await api.call('/purchases', {
    json: { productId, customerId: 'c-1' },
    headers: { 'x-request-id': 'req-of-the-log-test' },
  })
  const line = await eventually(async () => api.logLines.find((text) => text.includes('req-of-the-log-test')))
  expect(JSON.parse(line)).toMatchObject({ requestId: 'req-of-the-log-test', jobId: answer.body.jobId })
})

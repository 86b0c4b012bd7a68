/** What the metrics of a real engine count, against what Postgres holds and what HTTP answered: equal, to the unit. */
import { startEngine } from '@flash-sale/local/engine.ts'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { openDatabase } from '@flash-sale/shared/postgres.ts'
import { verifyEngine } from '@flash-sale/shared/verify/verify-engine.ts'
import { afterAll, expect, test } from 'vitest'
import { type MetricsRead, readMetrics } from './read-metrics.ts'
import { eventually } from './served-api.ts'

const stores = isolatedStores()
const database = openDatabase({
  url: stores.databaseUrl,
  name: 'metrics test',
  connectionsMax: 1,
  deadlineMs: 10_000,
})
afterAll(() => database.close(1_000))

interface Order {
  productId: number
  customerId: string
  quantity: number
  key?: string
}

/** What came back: the status, or `replayed`, or the problem's code. */
const postTo =
  (url: string) =>
  async ({ key, ...body }: Order): Promise<string> => {
    const response = await fetch(`${url}/purchases`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key ? { 'idempotency-key': key } : {}) },
      body: JSON.stringify(body),
    })
    const answer = (await response.json()) as { code?: string }
    if (response.headers.get('idempotency-replayed')) return 'replayed'
    return response.status === 202 ? 'accepted' : (answer.code ?? String(response.status))
  }

const counts = (values: readonly string[]): Record<string, number> => {
  const totals: Record<string, number> = {}
  for (const value of values) totals[value] = (totals[value] ?? 0) + 1
  return totals
}

const withoutZeros = (totals: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(totals).filter(([, total]) => total > 0))

const storedCounts = async () => {
  const rows = await database.run(
    'counting outcomes',
    (sql) => sql<{ outcome: string; product_id: number; purchases: number }[]>`
      SELECT outcome, product_id, count(*)::integer AS purchases FROM purchases GROUP BY 1, 2`,
  )
  const [batches] = await database.run(
    'counting batches',
    (sql) => sql<{ batches: number }[]>`
      SELECT count(DISTINCT (product_id, fencing_token))::integer AS batches
        FROM purchases WHERE fencing_token IS NOT NULL`,
  )
  const byOutcome: Record<string, number> = {}
  const byProduct: Record<string, number> = {}
  for (const { outcome, product_id, purchases } of rows) {
    byOutcome[outcome] = (byOutcome[outcome] ?? 0) + purchases
    byProduct[product_id] = (byProduct[product_id] ?? 0) + purchases
  }
  return { byOutcome, byProduct, batches: batches?.batches ?? 0 }
}

test('after a sale the counters equal Postgres and what buyers were answered', {
  timeout: 120_000,
}, async () => {
  const engine = await startEngine({ ...stores, workers: 2 })
  try {
    const authorization = `Bearer ${engine.admin.token}`
    const post = postTo(engine.url)
    const scrape = async (path: string): Promise<MetricsRead> => {
      const response = await fetch(engine.url + path, { headers: { authorization } })
      expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4')
      return readMetrics(await response.text())
    }
    const create = async (product: Record<string, unknown>): Promise<number> => {
      const response = await fetch(`${engine.url}/admin/products`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body: JSON.stringify({ name: 'metered', ...product }),
      })
      return ((await response.json()) as { id: number }).id
    }

    const scarce = await create({ stock: 30 })
    // Its last unit is never sold: the product stays open, and purchases of two are told so at their turn.
    const odd = await create({ stock: 7 })
    const limited = await create({ stock: 500, perCustomerLimit: 2 })
    const naive = await create({ stock: 5, demo: true, thinkMs: 1 })
    const closed = await create({
      stock: 5,
      opensAt: '2000-01-01T00:00:00Z',
      closesAt: '2000-01-02T00:00:00Z',
    })
    const early = await create({ stock: 5, opensAt: '2999-01-01T00:00:00Z' })
    const orders: Order[] = Array.from({ length: 60 }, (_, buyer) => [
      {
        productId: scarce,
        customerId: `c-${buyer}`,
        quantity: 1,
        ...(buyer % 3 ? {} : { key: `k-${buyer}` }),
      },
      { productId: odd, customerId: `c-${buyer}`, quantity: 2 },
      { productId: limited, customerId: `c-${buyer % 10}`, quantity: 1 },
    ]).flat()
    orders.push({ productId: closed, customerId: 'late', quantity: 1 })
    orders.push({ productId: early, customerId: 'early', quantity: 1 })
    orders.push({ productId: 999_999, customerId: 'lost', quantity: 1 })
    orders.push({ productId: scarce, customerId: 'greedy', quantity: 1_000 })
    for (let buyer = 0; buyer < 4; buyer += 1)
      orders.push({
        ...{ productId: naive, customerId: `n-${buyer}`, quantity: 1 },
        ...{ strategy: 'naive' },
      })

    const first = await Promise.all(orders.map(post))
    const again = await Promise.all(orders.filter(({ key }) => key).map(post))
    const answers = counts([...first, ...again])
    expect(answers.replayed).toBe(
      first.filter((answer, index) => orders[index]?.key && answer === 'accepted').length,
    )
    const accepted = answers.accepted ?? 0

    const settled = await eventually(async () => {
      const metrics = await scrape('/metrics')
      return metrics.sum('flash_sale_purchases_settled_total') === accepted && metrics
    }, 30_000)
    const stored = await storedCounts()
    expect(withoutZeros(settled.by('flash_sale_purchases_settled_total', 'outcome'))).toEqual(
      stored.byOutcome,
    )
    expect(Object.keys(stored.byOutcome).toSorted()).toEqual([
      'confirmed',
      'limit_reached',
      'not_on_sale',
      'sold_out',
    ])
    expect(settled.by('flash_sale_product_purchases_settled_total', 'product')).toEqual(stored.byProduct)
    expect(settled.by('flash_sale_purchases_settled_total', 'strategy').naive).toBe(4)

    // Histograms: one observation a purchase, or a batch; the naive ones hold no lock and make no batch.
    expect(settled.sum('flash_sale_queue_wait_seconds_count')).toBe(accepted)
    expect(settled.sum('flash_sale_lock_wait_seconds_count')).toBe(accepted - 4)
    expect(settled.sum('flash_sale_batch_size_purchases_sum')).toBe(accepted - 4)
    expect(settled.sum('flash_sale_settle_seconds_count')).toBe(stored.batches)

    const { accepted: _accepted, replayed, ...refused } = answers
    expect(settled.sum('flash_sale_purchases_accepted_total')).toBe(accepted)
    expect(settled.sum('flash_sale_purchases_replayed_total')).toBe(replayed)
    expect(settled.by('flash_sale_purchases_refused_total', 'reason')).toEqual(refused)
    expect(refused).toMatchObject({ 'sale-not-open': 1, 'unknown-product': 1, 'invalid-request': 1 })
    const posts = { method: 'POST', route: '/purchases' }
    expect(settled.sum('flash_sale_http_requests_total', { ...posts, status: '2xx' })).toBe(
      accepted + (replayed ?? 0),
    )
    expect(settled.sum('flash_sale_http_requests_total', { ...posts, status: '4xx' })).toBe(
      Object.values(refused).reduce((sum, count) => sum + count, 0),
    )

    const verdict = await verifyEngine({
      databaseUrl: stores.databaseUrl,
      redisUrl: stores.redisUrl,
      keyPrefix: stores.keyPrefix,
      reconciledAfterMs: 60_000,
    })
    expect(verdict.checks.filter(({ violations }) => violations > 0)).toEqual([])
    const { purchases, confirmed, soldOut } = verdict.products
    expect(settled.sum('flash_sale_purchases_settled_total', { strategy: 'locked' })).toBe(purchases)
    const locked = { strategy: 'locked' }
    expect(settled.sum('flash_sale_purchases_settled_total', { ...locked, outcome: 'confirmed' })).toBe(
      confirmed,
    )
    expect(settled.sum('flash_sale_purchases_settled_total', { ...locked, outcome: 'sold_out' })).toBe(
      soldOut,
    )

    // Each process by itself, and everything that ops staff ask for.
    const [api, workers] = await Promise.all([scrape('/metrics/api'), scrape('/metrics/workers')])
    expect(workers.by('flash_sale_batch_size_purchases_count', 'worker')).toHaveProperty('worker-1')
    expect(workers.by('flash_sale_batch_size_purchases_count', 'worker')).toHaveProperty('worker-2')
    expect(api.names()).not.toContain('flash_sale_settle_seconds_count')
    expect(workers.names()).not.toContain('flash_sale_purchases_accepted_total')
    expect(api.sum('flash_sale_queue_jobs', { state: 'completed' })).toBe(accepted)
    expect(api.sum('flash_sale_queue_paused')).toBe(0)
    expect(api.sum('flash_sale_redis_reachable')).toBe(1)
    expect(api.sum('flash_sale_stock_news_heard_total')).toBeGreaterThan(0)
    expect(api.names()).toContain('flash_sale_api_nodejs_eventloop_lag_p99_seconds')
    expect(workers.names()).toContain('flash_sale_worker_nodejs_eventloop_lag_p99_seconds')
    expect(workers.sum('flash_sale_worker_reports_readable')).toBe(1)
    for (const name of [
      'flash_sale_lock_waiters',
      'flash_sale_leases_lost_total',
      'flash_sale_long_lock_waits_total',
      'flash_sale_stale_tokens_refused_total',
      'flash_sale_settle_retries_total',
      'flash_sale_jobs_stalled_total',
      'flash_sale_jobs_failed_total',
      'flash_sale_purchases_stepped_back_total',
      'flash_sale_purchases_handed_back_total',
      'flash_sale_reconciler_actions_total',
    ])
      expect([name, workers.sum(name)]).toEqual([name, 0])
  } finally {
    await engine.stop()
  }
})

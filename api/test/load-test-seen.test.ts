/**
 * What ops staff read after a load test, from a real engine: metrics that agree to the unit with what the buyers were told
 * and with `npm run verify`, and what Bull Board's own API says of workers, speed and slow jobs.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Engine, startEngine } from '@flash-sale/local/engine.ts'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import type { Outcome } from '@flash-sale/shared/contract/purchase.ts'
import { verifyEngine } from '@flash-sale/shared/verify/verify-engine.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadTest } from './load-test.ts'
import { type MetricsRead, readMetrics } from './read-metrics.ts'
import { eventually } from './served-api.ts'

/** Of what `--json` keeps: what the buyers of one run saw. */
interface SeenRun {
  settings: { strategy: 'locked' | 'naive'; quantity: number; stock: number }
  figures: { buyers: number; accepted: number; refused: number; outcomes: Record<Outcome, number> }
}

const stores = isolatedStores()
let engine: Engine
let directory: string
let runs: SeenRun[]
let metrics: MetricsRead

const sumOf = (of: readonly SeenRun[], count: (run: SeenRun) => number): number =>
  of.reduce((sum, run) => sum + count(run), 0)

const ask = async (path: string): Promise<Response> => {
  const response = await fetch(engine.url + path, {
    headers: { authorization: `Bearer ${engine.admin.token}` },
  })
  expect([path, response.status]).toEqual([path, 200])
  return response
}
const scrape = async (): Promise<MetricsRead> => readMetrics(await (await ask('/metrics')).text())
const board = async <T>(path: string): Promise<T> =>
  (await (await ask(`/admin/queues/api/queues${path}`)).json()) as T

const run = async (name: string, ...options: string[]): Promise<SeenRun[]> => {
  const file = join(directory, `${name}.json`)
  const target = { url: engine.url, adminToken: engine.admin.token }
  const { ok, output, errors } = await loadTest(target, ...options, '--json', file)
  expect(ok, output + errors).toBe(true)
  return (JSON.parse(await readFile(file, 'utf8')) as { runs: SeenRun[] }).runs
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'flash-sale-load-test-'))
  engine = await startEngine({ ...stores, workers: 2 })
  const seen = await Promise.all([
    run('compared', '--compare', '--buyers', '100', '--stock', '50'),
    // One unit is left, which nobody asked for; and a line in which many wait for longer than a second.
    run('pairs', '--buyers', '160', '--stock', '71', '--quantity', '2', '--think', '60', '--batch-max', '4'),
  ])
  runs = seen.flat()
  const settled = sumOf(runs, ({ figures }) => figures.accepted)
  metrics = await eventually(async () => {
    const read = await scrape()
    const completed = read.sum('flash_sale_queue_jobs', { state: 'completed' })
    return read.sum('flash_sale_purchases_settled_total') === settled && completed === settled && read
  }, 10_000)
})
afterAll(async () => {
  await engine?.stop()
  await rm(directory, { recursive: true, force: true })
})

test('the metrics say what the buyers were told', () => {
  expect(metrics.sum('flash_sale_purchases_accepted_total')).toBe(
    sumOf(runs, ({ figures }) => figures.accepted),
  )
  expect(metrics.sum('flash_sale_purchases_refused_total', { reason: 'sold-out' }) ?? 0).toBe(
    sumOf(runs, ({ figures }) => figures.refused),
  )
  for (const strategy of ['locked', 'naive'] as const)
    for (const outcome of ['confirmed', 'sold_out', 'limit_reached', 'not_on_sale', 'failed'] as const) {
      const told = sumOf(
        runs.filter(({ settings }) => settings.strategy === strategy),
        ({ figures }) => figures.outcomes[outcome],
      )
      const counted = metrics.sum('flash_sale_purchases_settled_total', { strategy, outcome }) ?? 0
      expect({ strategy, outcome, counted }).toEqual({ strategy, outcome, counted: told })
    }
})

test('the metrics say what verify counts, to the unit', async () => {
  const { databaseUrl, redisUrl, keyPrefix } = stores
  const verdict = await verifyEngine({ databaseUrl, redisUrl, keyPrefix, reconciledAfterMs: 60_000 })
  expect(verdict.checks.filter(({ violations }) => violations > 0)).toEqual([])
  const locked = (outcome?: Outcome) =>
    metrics.sum('flash_sale_purchases_settled_total', {
      strategy: 'locked',
      ...(outcome ? { outcome } : {}),
    })
  const { products, queue } = verdict
  expect(locked()).toBe(products.purchases)
  expect(locked('confirmed')).toBe(products.confirmed)
  expect(locked('confirmed')).toBe(products.orders)
  expect(locked('sold_out')).toBe(products.soldOut)
  expect(metrics.sum('flash_sale_batch_size_purchases_sum')).toBe(products.purchases)
  expect(metrics.sum('flash_sale_settle_seconds_count')).toBe(products.leases)
  const lockedRuns = runs.filter(({ settings }) => settings.strategy === 'locked')
  const units = sumOf(lockedRuns, ({ settings, figures }) => settings.quantity * figures.outcomes.confirmed)
  expect(products).toMatchObject({ sold: units, stock: products.initialStock - units })
  expect(units).toBe(50 + 70)
  expect(metrics.sum('flash_sale_queue_jobs', { state: 'completed' })).toBe(queue.completed)
})

test('Bull Board lists each worker once, and counts what they finished', async () => {
  const { workers } = await board<{ workers: { name: string }[] }>('/purchases/workers')
  expect(workers.map(({ name }) => name).toSorted()).toEqual(['worker-1', 'worker-2'])
  const { completed, failed } = await board<Record<string, { meta: { count: number } }>>('/purchases/metrics')
  expect(completed?.meta.count).toBe(sumOf(runs, ({ figures }) => figures.accepted))
  expect(failed?.meta.count).toBe(0)
})

test('Bull Board shows in the log of a job how long it has waited for the lock', async () => {
  interface ShownJob {
    id: string
    returnValue: { lockWaitMs?: number }
  }
  const pages = await board<{ queues: { name: string; jobs: ShownJob[] }[] }>(
    '?activeQueue=purchases&status=completed&page=1&jobsPerPage=400',
  )
  const jobs = pages.queues.flatMap((queue) => queue.jobs)
  const logsOf = async ({ id }: ShownJob) => (await board<string[]>(`/purchases/${id}/logs`)).join('\n')
  const waited = jobs.filter(({ returnValue }) => (returnValue.lockWaitMs ?? 0) >= 1_000)
  const quick = jobs.find(({ returnValue }) => (returnValue.lockWaitMs ?? 0) < 1_000)
  const logs = await Promise.all(waited.map(logsOf))
  // A worker writes no more than 20 of these a second: a sample.
  expect(logs.join('\n')).toMatch(
    /waited \d{4,} ms for the lock: settled with fencing token \d+ in a batch of 4/,
  )
  if (quick) expect(await logsOf(quick)).toBe('')
})

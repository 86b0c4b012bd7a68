import type { MetricsOfWorker } from '@flash-sale/shared/worker-reports.ts'
import { expect, test } from 'vitest'
import { workerFiguresOf } from './worker-figures.ts'

const nowMs = Date.UTC(2030, 0, 31, 18)

const reportOf = (
  worker: string,
  ageMs: number,
  metrics: Record<string, [number, object?][]>,
): MetricsOfWorker => ({
  worker,
  atMs: nowMs - ageMs,
  metrics: Object.entries(metrics).map(([name, values]) => ({
    ...{ name, help: '', type: 'counter' },
    values: values.map(([value, labels = {}]): [number, Record<string, string>] => [value, { ...labels }]),
  })),
})

test.each<[ageMs: number, live: boolean]>([
  [0, true],
  [2_999, true],
  [3_000, false],
  // Its clock is ahead of ours.
  [-5_000, true],
])('a worker that reported %i ms ago: live is %s', (ageMs, live) => {
  const [state] = workerFiguresOf([reportOf('w', ageMs, {})], nowMs).workers
  expect(state).toEqual({
    ...{ worker: 'w', reportAgeMs: Math.max(0, ageMs), live },
    ...{ waitingPurchases: 0, settlingPurchases: 0, settled: 0 },
  })
})

test('outcomes are summed over workers and strategies', () => {
  const settled = 'flash_sale_purchases_settled_total'
  const { outcomes, faults, workers } = workerFiguresOf(
    [
      reportOf('w-1', 0, {
        [settled]: [
          [3, { outcome: 'confirmed', strategy: 'locked' }],
          [2, { outcome: 'confirmed', strategy: 'naive' }],
          [1, { outcome: 'made_up', strategy: 'locked' }],
        ],
        flash_sale_worker_process_start_time_seconds: [[nowMs / 1_000]],
        flash_sale_settle_retries_total: [
          [1, { cause: 'fault' }],
          [2, { cause: 'newer_lease' }],
        ],
      }),
      reportOf('w-2', 0, {
        [settled]: [[4, { outcome: 'sold_out', strategy: 'locked' }]],
      }),
    ],
    nowMs,
  )
  expect(outcomes).toEqual({ confirmed: 5, sold_out: 4, limit_reached: 0, not_on_sale: 0, failed: 0 })
  expect(faults.settledAgain).toBe(3)
  expect(workers.map(({ startedAt }) => startedAt)).toEqual(['2030-01-31T18:00:00.000Z', undefined])
})

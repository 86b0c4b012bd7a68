/** What the workers' own metrics say of each of them, and of all together. */
import type { OutcomeCounts } from '@flash-sale/shared/contract/locked-product.ts'
import type { WorkerFaults, WorkerState } from '@flash-sale/shared/contract/locks.ts'
import type { MetricsOfWorker } from '@flash-sale/shared/worker-reports.ts'
import { isOutcome } from '../purchase-view.ts'

export interface WorkerFigures {
  workers: WorkerState[]
  outcomes: OutcomeCounts
  faults: WorkerFaults
}

/** A worker reports once a second; two reports may be late before it is called silent. */
const silentAfterMs = 3_000

const noOutcomes = (): OutcomeCounts => ({
  confirmed: 0,
  sold_out: 0,
  limit_reached: 0,
  not_on_sale: 0,
  failed: 0,
})

const valuesOf = ({ metrics }: MetricsOfWorker, name: string) =>
  (metrics.find((metric) => metric.name === name)?.values ?? []).map(([value, labels]) => ({ value, labels }))

/** The sum over all labels; nothing but whole numbers of purchases, leases and jobs. */
const sumOf = (report: MetricsOfWorker, name: string): number =>
  Math.max(0, Math.round(valuesOf(report, name).reduce((sum, { value }) => sum + value, 0)))

const stateOf = (report: MetricsOfWorker, nowMs: number): WorkerState => {
  const [start] = valuesOf(report, 'flash_sale_worker_process_start_time_seconds')
  // Its clock and ours may differ.
  const reportAgeMs = Math.max(0, nowMs - report.atMs)
  return {
    worker: report.worker,
    reportAgeMs,
    live: reportAgeMs < silentAfterMs,
    ...(start ? { startedAt: new Date(start.value * 1_000).toISOString() } : {}),
    waitingPurchases: sumOf(report, 'flash_sale_lock_waiting_purchases'),
    settlingPurchases: sumOf(report, 'flash_sale_settling_purchases'),
    settled: sumOf(report, 'flash_sale_purchases_settled_total'),
  }
}

/** @param nowMs since the epoch. */
export const workerFiguresOf = (reports: readonly MetricsOfWorker[], nowMs = Date.now()): WorkerFigures => {
  const outcomes = noOutcomes()
  for (const report of reports) {
    for (const { value, labels } of valuesOf(report, 'flash_sale_purchases_settled_total')) {
      const outcome = String(labels.outcome)
      if (isOutcome(outcome)) outcomes[outcome] += value
    }
  }
  const all = (name: string): number => reports.reduce((sum, report) => sum + sumOf(report, name), 0)
  return {
    workers: reports.map((report) => stateOf(report, nowMs)),
    outcomes,
    faults: {
      leasesLost: all('flash_sale_leases_lost_total'),
      staleTokensRefused: all('flash_sale_stale_tokens_refused_total'),
      settledAgain: all('flash_sale_settle_retries_total'),
      longLockWaits: all('flash_sale_long_lock_waits_total'),
      jobsStalled: all('flash_sale_jobs_stalled_total'),
      jobsFailed: all('flash_sale_jobs_failed_total'),
    },
  }
}

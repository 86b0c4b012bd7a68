/** Whether the engine's own metrics tell of a fault: what ops staff would be woken by. */
import { type MetricsOfWorker, readWorkerMetrics } from '@flash-sale/shared/worker-reports.ts'
import type { Inspection } from './inspection.ts'
import { until } from './until.ts'

/** A counter of the workers, as in `flash_sale_settle_retries_total{cause="fault"}`. */
export type CounterName = `flash_sale_${string}_total` | `flash_sale_${string}_total{${string}}`

/** What each worker has counted since it started. */
export type WorkerCounts = ReadonlyMap<string, ReadonlyMap<string, number>>

/** Workers report once a second. */
const reportedMsMax = 10_000

const counterOf = (name: string, labels: Readonly<Record<string, string | number>>): string => {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`
}

export const countsOf = (reports: readonly MetricsOfWorker[]): WorkerCounts =>
  new Map(
    reports.map(({ worker, metrics }) => [
      worker,
      new Map(
        metrics.flatMap(({ name, values }) =>
          values.map(([value, labels]) => [counterOf(name, labels), value] as const),
        ),
      ),
    ]),
  )

/** By how much all workers together have counted on; one that was started anew began at 0, as counters do. */
export const growthOf = (counter: CounterName, before: WorkerCounts, after: WorkerCounts): number => {
  let growth = 0
  for (const [worker, counts] of after) {
    const now = counts.get(counter) ?? 0
    const then = before.get(worker)?.get(counter) ?? 0
    growth += now >= then ? now - then : now
  }
  return growth
}

/** What has been counted until now, with nothing left that is counted and not reported. @throws after 10 s. */
export const reportedCounts = (inspect: Inspection): Promise<WorkerCounts> => {
  const askedAtMs = Date.now()
  return until('reports of all workers', reportedMsMax, async () => {
    const reports = await readWorkerMetrics(inspect.redis, inspect.reportKeys)
    return reports.length > 0 && reports.every(({ atMs }) => atMs > askedAtMs) && countsOf(reports)
  })
}

/** A violation for each of these counters that has not grown since `before`. */
export const countProblems = async (
  inspect: Inspection,
  counters: readonly CounterName[],
  before: WorkerCounts,
): Promise<string[]> => {
  const after = await reportedCounts(inspect)
  return counters
    .filter((counter) => growthOf(counter, before, after) < 1)
    .map((counter) => `the fault was not counted: ${counter} is what it was before`)
}

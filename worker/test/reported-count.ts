import type { Redis } from '@flash-sale/shared/redis.ts'
import type { ReportKeys } from '@flash-sale/shared/redis-keys.ts'
import { readWorkerMetrics } from '@flash-sale/shared/worker-reports.ts'

/**
 * What a worker says of one metric in its last report: the sum over all labels that include these; undefined when there is
 * no report, or no such metric in it.
 */
export const reportedCount = async (
  redis: Redis,
  keys: ReportKeys,
  worker: string,
  metric: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number | undefined> => {
  const reports = await readWorkerMetrics(redis, keys)
  const values = reports
    .filter((report) => report.worker === worker)
    .flatMap(({ metrics }) => metrics.filter(({ name }) => name === metric))
    .flatMap((found) => found.values)
    .filter(([, own]) => Object.entries(labels).every(([label, value]) => own[label] === value))
  return values.length === 0 ? undefined : values.reduce((sum, [value]) => sum + value, 0)
}

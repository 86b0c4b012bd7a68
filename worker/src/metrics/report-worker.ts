import { withDeadline } from '@flash-sale/shared/deadline.ts'
import type { ReportedMetric } from '@flash-sale/shared/metrics-report.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import type { ReportKeys } from '@flash-sale/shared/redis-keys.ts'
import { type ReportedLine, writeWorkerReport } from '@flash-sale/shared/worker-reports.ts'
import type { Registry } from 'prom-client'
import type { ProductFigures } from './product-figures.ts'

export interface WorkerReporter {
  /** Writes a last report, which stays for a minute, so that whoever scrapes less often gets it. Never throws. */
  close(): Promise<void>
}

export interface WorkerReporterOptions {
  redis: Redis
  keys: ReportKeys
  workerName: string
  registry: Registry
  lines: () => ReportedLine[]
  products: Pick<ProductFigures, 'report'>
}

const everyMs = 1_000
/** A worker that is gone without a word is shown no longer than this. */
const expiryMs = 10_000
const lastExpiryMs = 60_000
const lastDeadlineMs = 1_000
const linesMax = 100

/** Without what is no number, as the mean lag of an event loop right after the look before: JSON has no word for it. */
const reported = async (registry: Registry): Promise<ReportedMetric[]> => {
  const metrics = await registry.getMetricsAsJSON()
  return metrics.map(({ name, help, type, values }) => ({
    name,
    help,
    // The library's types say an enum, it gives the name.
    type: String(type),
    values: values
      .filter(({ value }) => Number.isFinite(value))
      .map((value): ReportedMetric['values'][number] => {
        const labels = value.labels as Record<string, string | number>
        const metricName = 'metricName' in value ? String(value.metricName) : name
        return metricName === name ? [value.value, labels] : [value.value, labels, metricName]
      }),
  }))
}

/** Writes what a worker has to say to Redis once a second, for the api to show. Needs no Redis to be up. */
export const reportWorker = (options: WorkerReporterOptions): WorkerReporter => {
  const { redis, keys, workerName, registry } = options
  let writing: Promise<void> | undefined

  const write = async (expiresMs: number): Promise<void> => {
    if (redis.status !== 'ready') return
    const lines = options.lines().toSorted((a, b) => b.waiting + b.settling - a.waiting - a.settling)
    const report = {
      metrics: await reported(registry),
      lines: lines.slice(0, linesMax),
      products: options.products.report(),
    }
    await writeWorkerReport(redis, keys, workerName, report, expiresMs)
  }
  const timer = setInterval(() => {
    // Redis is away or busy: the next report follows, and nothing depends on this one.
    writing ??= write(expiryMs)
      .catch(() => undefined)
      .finally(() => {
        writing = undefined
      })
  }, everyMs)
  // The one under way must not come after the last.
  const writeLast = async (): Promise<void> => {
    await writing
    await write(lastExpiryMs)
  }

  return {
    close: async () => {
      clearInterval(timer)
      await withDeadline('the last report', lastDeadlineMs, writeLast()).catch(() => undefined)
    },
  }
}

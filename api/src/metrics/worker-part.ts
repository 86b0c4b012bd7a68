import { withDeadline } from '@flash-sale/shared/deadline.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import type { ReportKeys } from '@flash-sale/shared/redis-keys.ts'
import { type MetricsOfWorker, readWorkerMetrics } from '@flash-sale/shared/worker-reports.ts'
import { AggregatorRegistry, Gauge, Registry } from 'prom-client'

/** As the library writes and reads metrics between processes. */
export interface MetricAsJson {
  name: string
  help: string
  type: string
  aggregator: 'sum'
  values: { value: number; labels: Record<string, string | number>; metricName?: string }[]
}

const readDeadlineMs = 1_000

/** All values of one process. The label of the worker keeps those of several apart: nothing is summed. */
const metricsOf = ({ worker, metrics }: MetricsOfWorker): MetricAsJson[] =>
  metrics.map(({ values, ...metric }) => ({
    ...metric,
    aggregator: 'sum',
    values: values.map(([value, labels, metricName]) => ({
      value,
      labels: { ...labels, worker },
      ...(metricName === undefined ? {} : { metricName }),
    })),
  }))

/** All metrics of a registry, as `metricsText` takes them. */
export const metricsOfRegistry = async (registry: Registry): Promise<MetricAsJson[]> => {
  const metrics = (await registry.getMetricsAsJSON()) as unknown as MetricAsJson[]
  return metrics.map((metric) => ({ ...metric, aggregator: 'sum' }))
}

const aboutReports = async (reports: readonly MetricsOfWorker[] | undefined): Promise<MetricAsJson[]> => {
  const registry = new Registry()
  const registers = [registry]
  const readable = new Gauge({
    name: 'flash_sale_worker_reports_readable',
    help: '0 while Redis does not answer this api: then the metrics of the workers are missing.',
    registers,
  })
  const age = new Gauge({
    name: 'flash_sale_worker_report_age_seconds',
    help: 'How old the figures of a worker are. Over 2: it is stuck or gone; they vanish after 10, or 60 if it closed.',
    labelNames: ['worker'],
    registers,
  })
  readable.set(reports ? 1 : 0)
  for (const { worker, atMs } of reports ?? []) age.set({ worker }, Math.max(0, Date.now() - atMs) / 1000)
  return metricsOfRegistry(registry)
}

/**
 * The metrics of all workers that report, each with the label `worker`, one list a process. Never throws, and takes a
 * second at most: while Redis does not answer it says just that.
 */
export const workerMetrics = async (redis: Redis, keys: ReportKeys): Promise<MetricAsJson[][]> => {
  const reading =
    redis.status === 'ready'
      ? withDeadline('reading the workers', readDeadlineMs, readWorkerMetrics(redis, keys))
      : Promise.reject(new Error('redis is away'))
  const reports = await reading.catch(() => undefined)
  return [await aboutReports(reports), ...(reports ?? []).map(metricsOf)]
}

/** Prometheus' text of what several processes say: each metric once, with the values of all. */
export const metricsText = (processes: readonly MetricAsJson[][]): Promise<string> =>
  AggregatorRegistry.aggregate([...processes]).metrics()

/**
 * What each worker tells of itself once a second, since it has no port: its metrics, its product lines and what it settled
 * of each product, in Redis, until they expire. No scan finds them: their names are in a sorted set beside them.
 */
import { z } from 'zod'
import { type MetricsReport, packMetrics, type ReportedMetric, unpackMetrics } from './metrics-report.ts'
import { type ProductsReport, packProducts, unpackProducts } from './product-report.ts'
import type { Redis } from './redis.ts'
import type { ReportKeys } from './redis-keys.ts'

const lineSchema = z.object({
  productId: z.int().min(1),
  /** Purchases of this worker that wait for the product's lock. */
  waiting: z.int().min(0),
  /** Purchases of this worker that are being settled. */
  settling: z.int().min(0),
})

/** A product line of a worker that is not dry. */
export type ReportedLine = z.infer<typeof lineSchema>

export interface WorkerReport {
  metrics: readonly ReportedMetric[]
  /** The longest ones, if there are many. */
  lines: readonly ReportedLine[]
  products: Omit<ProductsReport, 'atMs'>
}

export interface MetricsOfWorker extends MetricsReport {
  worker: string
}

export interface ProductsOfWorker {
  worker: string
  lines: ReportedLine[]
  /** Absent for a worker of before 2026-11-26. */
  products?: ProductsReport
}

/** Workers whose reports are read, the newest first. */
const workersMax = 200
/** For how long a name stays that reports no more. */
const forgottenMs = 3_600_000

/**
 * Replaces the report of a worker, with one round trip.
 * @throws when Redis does not answer.
 */
export const writeWorkerReport = async (
  redis: Redis,
  keys: ReportKeys,
  worker: string,
  report: WorkerReport,
  expiryMs: number,
): Promise<void> => {
  const atMs = Date.now()
  const [metrics, products] = await Promise.all([
    packMetrics({ atMs, metrics: [...report.metrics] }),
    packProducts({ atMs, ...report.products }),
  ])
  const results = await redis
    .pipeline()
    .set(keys.metrics(worker), metrics, 'PX', expiryMs)
    .set(keys.lines(worker), JSON.stringify(report.lines), 'PX', expiryMs)
    .set(keys.products(worker), products, 'PX', expiryMs)
    .zadd(keys.workers, atMs, worker)
    .zremrangebyscore(keys.workers, '-inf', atMs - forgottenMs)
    .exec()
  const fault = results?.find(([error]) => error)?.[0]
  if (fault) throw fault
}

/** The names of those that may still be there. */
const reporters = (redis: Redis, keys: ReportKeys): Promise<string[]> =>
  redis.zrevrange(keys.workers, 0, workersMax - 1)

const linesOf = (text: string): ReportedLine[] => {
  try {
    return z.array(lineSchema).safeParse(JSON.parse(text)).data ?? []
  } catch {
    return []
  }
}

/**
 * The metrics of all workers that live, or ended less than a minute ago, by name.
 * @throws when Redis does not answer.
 */
export const readWorkerMetrics = async (redis: Redis, keys: ReportKeys): Promise<MetricsOfWorker[]> => {
  const workers = (await reporters(redis, keys)).toSorted()
  if (workers.length === 0) return []
  const packed = await redis.mgetBuffer(...workers.map(keys.metrics))
  const reports = await Promise.all(packed.map((bytes) => (bytes ? unpackMetrics(bytes) : undefined)))
  return workers.flatMap((worker, index) => {
    const report = reports[index]
    return report ? [{ worker, ...report }] : []
  })
}

/**
 * The product lines of all workers that live, and what they settled of each product, by the worker's name.
 * @throws when Redis does not answer.
 */
export const readWorkerProducts = async (redis: Redis, keys: ReportKeys): Promise<ProductsOfWorker[]> => {
  const workers = (await reporters(redis, keys)).toSorted()
  if (workers.length === 0) return []
  const values = await redis.mgetBuffer(...workers.map(keys.lines), ...workers.map(keys.products))
  const found = await Promise.all(
    workers.map(async (worker, index): Promise<ProductsOfWorker | undefined> => {
      const [lines, packed] = [values[index], values[workers.length + index]]
      if (!lines) return undefined
      const products = packed ? await unpackProducts(packed) : undefined
      return { worker, lines: linesOf(lines.toString('utf8')), ...(products ? { products } : {}) }
    }),
  )
  return found.filter((report) => report !== undefined)
}

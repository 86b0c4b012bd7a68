/** The metrics that a worker tells of. */
import { promisify } from 'node:util'
import { deflate, inflate } from 'node:zlib'
import { z } from 'zod'

const labelsSchema = z.record(z.string(), z.union([z.string(), z.number()]))

const metricSchema = z.object({
  name: z.string(),
  help: z.string(),
  type: z.string(),
  /** The value, its labels, and its name where that is not the metric's, as in `…_bucket`. */
  values: z.array(z.tuple([z.number(), labelsSchema]).rest(z.string())),
})

const metricsReportSchema = z.object({ atMs: z.number(), metrics: z.array(metricSchema) })

/** A metric of a worker: what Prometheus' text says of it. */
export type ReportedMetric = z.infer<typeof metricSchema>

export type MetricsReport = z.infer<typeof metricsReportSchema>

const pack = promisify(deflate)
const unpack = promisify(inflate)

/** A megabyte unpacked is more than any worker has to say. */
const unpackedBytesMax = 4 * 1_048_576

/** Deflated: 30 kB become 3, which an append-only file would otherwise take in every second. */
export const packMetrics = (report: MetricsReport): Promise<Buffer> => pack(JSON.stringify(report))

/** Undefined for what no worker of this version has written. */
export const unpackMetrics = async (packed: Buffer): Promise<MetricsReport | undefined> => {
  try {
    const text = await unpack(packed, { maxOutputLength: unpackedBytesMax })
    return metricsReportSchema.safeParse(JSON.parse(text.toString('utf8'))).data
  } catch {
    return undefined
  }
}

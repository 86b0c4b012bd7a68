/** What a worker tells of the products that it settles: in its last minute, and since it was started. */
import { promisify } from 'node:util'
import { deflate, inflate } from 'node:zlib'
import { z } from 'zod'
import { outcomes } from './contract/purchase.ts'
import { waitBins } from './wait-bins.ts'

const countSchema = z.int().min(0)

const minuteSchema = z.object({
  productId: z.int().min(1),
  /** Purchases that got their outcome, and in how many batches. */
  settled: countSchema,
  batches: countSchema,
  /** Over the last ten seconds, or as long as the product has been sold; absent while that is too short. */
  settledPerS: z.number().min(0).optional(),
  /** Pairs of a bin of wait-bins.ts and how many purchases waited so long for the lock. */
  lockWaits: z
    .array(
      z.tuple([
        z
          .int()
          .min(0)
          .max(waitBins - 1),
        countSchema,
      ]),
    )
    .max(waitBins),
})

const productsReportSchema = z.object({
  /** When it was written, by the worker's clock, ms since the epoch. */
  atMs: z.number(),
  minutes: z.array(minuteSchema),
  /** Whether a product that is not in `minutes` was not settled within the minute; else it may have been. */
  allMinutes: z.boolean(),
  /** A product's id, and how often each outcome was stored, in the order of the contract's list. */
  outcomes: z.array(z.array(countSchema).length(1 + outcomes.length)),
  /** Whether a product that is not in `outcomes` has none. */
  allOutcomes: z.boolean(),
})

export type ReportedMinute = z.infer<typeof minuteSchema>
export type ProductsReport = z.infer<typeof productsReportSchema>

const pack = promisify(deflate)
const unpack = promisify(inflate)

/** 200 kB unpacked are the most that a worker has to say. */
const unpackedBytesMax = 2 * 1_048_576

/** Deflated: a sale of one product is 130 bytes, one of 200 is 12 kB instead of 59. */
export const packProducts = (report: ProductsReport): Promise<Buffer> => pack(JSON.stringify(report))

/** Undefined for what no worker of this version has written. */
export const unpackProducts = async (packed: Buffer): Promise<ProductsReport | undefined> => {
  try {
    const text = await unpack(packed, { maxOutputLength: unpackedBytesMax })
    return productsReportSchema.safeParse(JSON.parse(text.toString('utf8'))).data
  } catch {
    return undefined
  }
}

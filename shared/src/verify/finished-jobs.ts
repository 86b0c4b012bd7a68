import type { Queue } from 'bullmq'
import { z } from 'zod'
import type { PurchaseJob, PurchaseResult } from '../queue.ts'
import type { Redis } from '../redis.ts'

export type PurchaseQueue = Queue<PurchaseJob, PurchaseResult>

/** A job that has ended, as Redis has it. */
export interface FinishedJob {
  /** UUID in lower case, as Postgres writes it. */
  id: string
  /** 0 when its data name none. */
  productId: number
  finishedAtMs: number
  /** What buyers are shown; undefined: it ended as failed, and they are shown what Postgres has. */
  shown: { outcome: string; orderId: string | null; settledAt: string } | undefined
}

const dataSchema = z.object({ productId: z.int() })
const resultSchema = z.object({
  outcome: z.string(),
  orderId: z.union([z.number(), z.string()]).optional(),
  settledAt: z.string(),
})

const parsedAs = <T>(schema: z.ZodType<T>, text: string | null | undefined): T | undefined => {
  try {
    return schema.safeParse(JSON.parse(text ?? '')).data
  } catch {
    return undefined
  }
}

/** A return value that cannot be read shows no outcome that Postgres could have. */
const unreadable = { outcome: 'nothing readable', orderId: null, settledAt: '' }

const shownIn = (returnValue: string | null | undefined): NonNullable<FinishedJob['shown']> => {
  const result = parsedAs(resultSchema, returnValue)
  if (!result) return unreadable
  const { outcome, orderId, settledAt } = result
  return { outcome, orderId: orderId === undefined ? null : String(orderId), settledAt }
}

/**
 * Reads jobs in one round trip, a few fields of each. Those that are gone or have not ended are left out.
 * @param ids UUIDs.
 * @throws when Redis does not answer.
 */
export const readFinishedJobs = async (
  redis: Redis,
  queue: PurchaseQueue,
  ids: readonly string[],
): Promise<FinishedJob[]> => {
  const pipeline = redis.pipeline()
  for (const id of ids) pipeline.hmget(queue.toKey(id), 'data', 'finishedOn', 'failedReason', 'returnvalue')
  const answers = (await pipeline.exec()) ?? []
  return answers.flatMap(([error, values], index) => {
    if (error) throw error
    const [data, finishedOn, failedReason, returnValue] = values as (string | null)[]
    if (!finishedOn) return []
    return {
      id: (ids[index] ?? '').toLowerCase(),
      productId: parsedAs(dataSchema, data)?.productId ?? 0,
      finishedAtMs: Number(finishedOn),
      shown: typeof failedReason === 'string' ? undefined : shownIn(returnValue),
    }
  })
}

import { type PurchaseJob, purchaseJobSchema } from '@flash-sale/shared/queue.ts'
import type { Job } from 'bullmq'
import { validate as isUuid } from 'uuid'
import type { Purchase } from './purchase.ts'

/** A job as read: a purchase to settle, one that never can be, or something that is no purchase at all. */
export type ReadPurchase =
  | { kind: 'purchase'; purchase: Purchase; naive: boolean }
  | { kind: 'unsettleable'; id: string; reason: string }
  | { kind: 'no_purchase'; reason: string }

/** Largest time that Postgres' timestamps and JavaScript's dates both hold in four-digit years. */
const timeMsMax = 253_402_300_799_999

/**
 * Checks what Redis gave before it is trusted: the api writes valid jobs only, but Redis is not ours alone.
 * Never throws.
 */
export const readPurchase = (job: Pick<Job<PurchaseJob>, 'id' | 'data' | 'timestamp'>): ReadPurchase => {
  const { id, timestamp } = job
  if (!id || !isUuid(id))
    return { kind: 'no_purchase', reason: `expected a UUID as job id, got ${JSON.stringify(id)}` }
  const parsed = purchaseJobSchema.safeParse(job.data)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return { kind: 'unsettleable', id, reason: `${issue?.path.join('.')}: ${issue?.message}` }
  }
  if (!Number.isInteger(timestamp) || timestamp < 0 || timestamp > timeMsMax)
    return { kind: 'unsettleable', id, reason: `expected a time of acceptance, got ${timestamp}` }
  const { productId, customerId, quantity, strategy } = parsed.data
  return {
    kind: 'purchase',
    purchase: { id: id.toLowerCase(), productId, customerId, quantity, acceptedAtMs: timestamp },
    naive: strategy === 'naive',
  }
}

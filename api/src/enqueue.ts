import { withDeadline } from '@flash-sale/shared/deadline.ts'
import type { PurchaseJob, PurchaseResult } from '@flash-sale/shared/queue.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import type { Queue } from 'bullmq'

export type PurchaseQueue = Queue<PurchaseJob, PurchaseResult>

/**
 * - `accepted`: Redis has acknowledged the job.
 * - `queue-unavailable`: the job was certainly not added.
 * - `outcome-unknown`: it was sent, and nothing came back: it may have been added.
 */
export type Enqueued =
  | { kind: 'accepted' }
  | { kind: 'queue-unavailable'; reason: string }
  | { kind: 'outcome-unknown'; reason: string }

/** Above the connection's own deadline of a command, below the 2 s within which a purchase is answered. */
const addDeadlineMs = 1_800

/**
 * Replies with which Redis refuses a script as a whole, at the latest at its first write: out of memory (`noeviction`),
 * still loading, not writable, not allowed, occupied by another script, without its cluster or replicas. Redis 6 puts
 * a text of its own before the code.
 */
const refusedWhole =
  /^(OOM|LOADING|MISCONF|READONLY|NOAUTH|WRONGPASS|NOPERM|BUSY|MASTERDOWN|CLUSTERDOWN|NOREPLICAS)\b|-(OOM|MISCONF|READONLY)\b/

const notSent = /Stream isn't writeable|Connection is closed/

const faultOf = (error: unknown): Enqueued => {
  const reason = error instanceof Error ? error.message : String(error)
  const certain = notSent.test(reason) || refusedWhole.test(reason)
  return { kind: certain ? 'queue-unavailable' : 'outcome-unknown', reason }
}

/**
 * Adds a purchase to its queue, exactly once for one `jobId`. Never throws, and answers within 2 s also when Redis
 * is frozen or gone.
 * @param redis the connection that `queue` uses: what it does not send is certainly not added.
 * @param acceptedAtMs epoch milliseconds; becomes the job's timestamp, by which purchases are put in order.
 */
export const enqueue = async (
  redis: Redis,
  queue: PurchaseQueue,
  purchase: { jobId: string; acceptedAtMs: number; job: PurchaseJob },
): Promise<Enqueued> => {
  if (redis.status !== 'ready') return { kind: 'queue-unavailable', reason: `redis is ${redis.status}` }
  try {
    const { jobId, acceptedAtMs, job } = purchase
    await withDeadline(
      'adding a job',
      addDeadlineMs,
      queue.add('purchase', job, { jobId, timestamp: acceptedAtMs }),
    )
    return { kind: 'accepted' }
  } catch (error) {
    return faultOf(error)
  }
}

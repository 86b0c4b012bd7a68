import { withDeadline } from '@flash-sale/shared/deadline.ts'
import type { PurchaseJob, PurchaseResult } from '@flash-sale/shared/queue.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import type { Queue } from 'bullmq'
import { addPurchase, type PurchaseToAdd, type QueueNames } from './add-purchases.ts'

export type PurchaseQueue = Queue<PurchaseJob, PurchaseResult>

/**
 * - `accepted`: Redis has acknowledged the job.
 * - `was-there`: a job with this id was in the queue already, in whatever state; nothing was added.
 * - `queue-unavailable`: the job was certainly not added.
 * - `outcome-unknown`: it was sent, and nothing came back: it may have been added.
 */
export type Enqueued =
  | { kind: 'accepted' }
  | { kind: 'was-there'; job: PurchaseJob }
  | { kind: 'queue-unavailable'; reason: string }
  | { kind: 'outcome-unknown'; reason: string }

/**
 * Above the connection's own deadline of a command; with the look-up in Postgres before it, below the 2 s within which a
 * purchase is answered.
 */
const addDeadlineMs = 1_700

/**
 * Replies with which Redis refuses a script as a whole, at the latest at its first write: out of memory (`noeviction`),
 * still loading, not writable, not allowed, occupied by another script, without its cluster or replicas. Redis 6 puts
 * a text of its own before the code.
 */
const refusedWhole =
  /^(OOM|LOADING|MISCONF|READONLY|NOAUTH|WRONGPASS|NOPERM|BUSY|MASTERDOWN|CLUSTERDOWN|NOREPLICAS)\b|-(OOM|MISCONF|READONLY)\b/

const notSent = /Stream isn't writeable|Connection is closed/

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const faultOf = (error: unknown): Enqueued => {
  const reason = reasonOf(error)
  const certain = notSent.test(reason) || refusedWhole.test(reason)
  return { kind: certain ? 'queue-unavailable' : 'outcome-unknown', reason }
}

/**
 * What the queue holds under this id, in whatever state; undefined when there is no such job.
 * @throws when Redis does not answer.
 */
export const queuedJob = async (
  redis: Redis,
  queue: QueueNames,
  jobId: string,
): Promise<PurchaseJob | undefined> => {
  const text = await redis.hget(queue.toKey(jobId), 'data')
  return text === null ? undefined : (JSON.parse(text) as PurchaseJob)
}

/**
 * Adds a purchase to its queue, exactly once for one `jobId`. Never throws, and answers within 1.7 s also when Redis
 * is frozen or gone.
 * @param redis the connection that `queue` uses: what it does not send is certainly not added.
 * @param acceptedAtMs epoch milliseconds; becomes the job's timestamp, by which purchases are put in order.
 */
export const enqueue = async (
  redis: Redis,
  queue: QueueNames,
  purchase: PurchaseToAdd,
): Promise<Enqueued> => {
  if (redis.status !== 'ready') return { kind: 'queue-unavailable', reason: `redis is ${redis.status}` }
  try {
    const job = await withDeadline('adding a job', addDeadlineMs, addPurchase(redis, queue, purchase))
    return job ? { kind: 'was-there', job } : { kind: 'accepted' }
  } catch (error) {
    return faultOf(error)
  }
}

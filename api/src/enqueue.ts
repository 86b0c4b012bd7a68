import { withDeadline } from '@flash-sale/shared/deadline.ts'
import type { PurchaseJob, PurchaseResult } from '@flash-sale/shared/queue.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import type { Queue } from 'bullmq'
import { addGathered, type PurchaseToAdd } from './gathered-add.ts'

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
  queue: Pick<PurchaseQueue, 'toKey'>,
  jobId: string,
): Promise<PurchaseJob | undefined> => {
  const text = await redis.hget(queue.toKey(jobId), 'data')
  return text === null ? undefined : (JSON.parse(text) as PurchaseJob)
}

/**
 * Whether the job that is now there is the one that was added: adding a job whose id is taken does nothing and says
 * nothing, so its data are read back. One of any number of concurrent calls finds its own nonce.
 * @throws when Redis does not answer.
 */
const readBack = async (
  redis: Redis,
  queue: PurchaseQueue,
  jobId: string,
  nonce: string,
): Promise<Enqueued> => {
  const job = await queuedJob(redis, queue, jobId)
  // Settled and forgotten within a moment.
  if (!job) return { kind: 'accepted' }
  return job.nonce === nonce ? { kind: 'accepted' } : { kind: 'was-there', job }
}

/**
 * Adds a purchase to its queue, exactly once for one `jobId`. Never throws, and answers within 1.7 s also when Redis
 * is frozen or gone.
 * @param redis the connection that `queue` uses: what it does not send is certainly not added.
 * @param acceptedAtMs epoch milliseconds; becomes the job's timestamp, by which purchases are put in order.
 * @param job with a nonce of this call when there may be a job with this id already; costs a second round trip.
 */
export const enqueue = async (
  redis: Redis,
  queue: PurchaseQueue,
  purchase: PurchaseToAdd,
): Promise<Enqueued> => {
  if (redis.status !== 'ready') return { kind: 'queue-unavailable', reason: `redis is ${redis.status}` }
  const { jobId, job } = purchase
  let added = false
  const add = async (): Promise<Enqueued> => {
    await addGathered(queue, purchase)
    added = true
    return job.nonce === undefined ? { kind: 'accepted' } : readBack(redis, queue, jobId, job.nonce)
  }
  try {
    return await withDeadline('adding a job', addDeadlineMs, add())
  } catch (error) {
    return added ? { kind: 'outcome-unknown', reason: reasonOf(error) } : faultOf(error)
  }
}

import type { PurchaseView } from '@flash-sale/shared/contract/purchase.ts'
import { withDeadline } from '@flash-sale/shared/deadline.ts'
import { DatabaseUnavailableError } from '@flash-sale/shared/postgres.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import type { PurchaseQueue } from './enqueue.ts'
import type { PurchaseRows } from './purchase-rows.ts'
import {
  type PurchaseBullJob,
  type PurchaseRow,
  ticketOf,
  viewOfCompletedJob,
  viewOfPendingJob,
  viewOfRow,
} from './purchase-view.ts'
import type { QueueLoad } from './queue-load.ts'
import { readJob } from './read-jobs.ts'

export interface PurchaseSources {
  redis: Redis
  queues: readonly PurchaseQueue[]
  rows: PurchaseRows
  load: Pick<QueueLoad, 'placeOf'>
}

export type FoundPurchase =
  | {
      kind: 'found'
      view: PurchaseView
      /** Whose it is: not for everybody to see. */
      customerId: string
      /** What its place is estimated from, while it waits. */
      ticket?: number
    }
  | { kind: 'unknown' }
  /** A store that might know it cannot be asked. */
  | { kind: 'queue-unavailable' }
  | { kind: 'database-unavailable' }

type Read<T> = { read: true; value: T | undefined } | { read: false }

/** Above the connection's own deadline of a command. */
const jobDeadlineMs = 1_800
const rowPatienceMs = 1_500

const findJob = async ({ redis, queues }: PurchaseSources, jobId: string): Promise<Read<PurchaseBullJob>> => {
  if (redis.status !== 'ready') return { read: false }
  try {
    const lookUps = Promise.all(queues.map((queue) => readJob(redis, queue, jobId)))
    const jobs = await withDeadline('reading a job', jobDeadlineMs, lookUps)
    return { read: true, value: jobs.find((job) => job !== undefined) }
  } catch {
    return { read: false }
  }
}

const readRow = async ({ rows }: PurchaseSources, jobId: string): Promise<Read<PurchaseRow>> => {
  try {
    return { read: true, value: await rows.find(jobId, rowPatienceMs) }
  } catch (error) {
    if (error instanceof DatabaseUnavailableError) return { read: false }
    throw error
  }
}

/**
 * What is known of a purchase: the completed job, else the stored outcome, else the state of the job. A job is
 * completed only after Postgres has committed, so no outcome is shown before that.
 * @param jobId a UUID in lower case.
 */
export const findPurchase = async (sources: PurchaseSources, jobId: string): Promise<FoundPurchase> => {
  const job = await findJob(sources, jobId)
  const completed = job.read && job.value && viewOfCompletedJob(jobId, job.value)
  if (completed && job.value) return { kind: 'found', view: completed, customerId: job.value.data.customerId }

  const row = await readRow(sources, jobId)
  if (row.read && row.value)
    return { kind: 'found', view: viewOfRow(row.value), customerId: row.value.customer_id }

  if (!job.read) return { kind: 'queue-unavailable' }
  if (job.value) {
    const ticket = ticketOf(job.value)
    const view = viewOfPendingJob(jobId, job.value, sources.load.placeOf(ticket))
    const { customerId } = job.value.data
    return { kind: 'found', view, customerId, ...(ticket === undefined ? {} : { ticket }) }
  }
  return { kind: row.read ? 'unknown' : 'database-unavailable' }
}

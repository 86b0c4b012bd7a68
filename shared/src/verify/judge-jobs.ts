import { validate as isUuid } from 'uuid'
import type { Database } from '../postgres.ts'
import type { Redis } from '../redis.ts'
import { type FinishedJob, type PurchaseQueue, readFinishedJobs } from './finished-jobs.ts'
import { lastResets, type StoredOutcome, storedOutcomes } from './stored-outcomes.ts'

/** What is wrong with a job that has ended. */
export type Finding =
  /** Shown as settled, and Postgres has no outcome. */
  | 'missing'
  /** Shown with another outcome than Postgres has. */
  | 'differs'
  /** Failed without outcome, and nobody has taken care of it. */
  | 'left behind'

export interface Suspect {
  id: string
  finding: Finding
  /** For a person. */
  line: string
}

export interface JudgeJobsOptions {
  redis: Redis
  database: Database
  /** Only jobs of this product; undefined: all. */
  productId: number | undefined
  /** For how long a failed job without outcome is still the reconciler's, ms. */
  reconciledAfterMs: number
}

const describe = (job: FinishedJob, stored: StoredOutcome | undefined): string => {
  const shown = job.shown
    ? `shown as ${job.shown.outcome}, order ${job.shown.orderId ?? 'none'}, ${job.shown.settledAt}`
    : 'its job has failed'
  const kept = stored
    ? `Postgres has ${stored.outcome}, order ${stored.orderId ?? 'none'}, ${stored.settledAt}`
    : 'Postgres has no outcome'
  return `purchase ${job.id} of product ${job.productId}: ${shown}; ${kept}`
}

const findingOf = (
  { shown, finishedAtMs }: FinishedJob,
  stored: StoredOutcome | undefined,
  reconciledAfterMs: number,
): Finding | undefined => {
  if (shown && stored) {
    const same = (['outcome', 'orderId', 'settledAt'] as const).every((key) => shown[key] === stored[key])
    return same ? undefined : 'differs'
  }
  if (stored) return undefined
  if (shown) return 'missing'
  return Date.now() - finishedAtMs > reconciledAfterMs ? 'left behind' : undefined
}

/** By Postgres' clock where it is known: a job ends a little later than its purchase is settled. */
const settledAtMs = ({ shown, finishedAtMs }: FinishedJob): number =>
  shown ? Date.parse(shown.settledAt) : finishedAtMs

/**
 * Holds jobs that have ended against the outcomes in Postgres. Redis is read first: what is completed there was
 * committed here before. Jobs that are gone, that have not ended or that are no purchases are left out.
 * @throws when a store does not answer.
 */
export const judgeJobs = async (
  { redis, database, productId, reconciledAfterMs }: JudgeJobsOptions,
  queue: PurchaseQueue,
  ids: readonly string[],
): Promise<{ compared: number; suspects: Suspect[] }> => {
  const ended = await readFinishedJobs(
    redis,
    queue,
    ids.filter((id) => isUuid(id)),
  )
  const jobs = ended.filter((job) => productId === undefined || job.productId === productId)
  const outcomes = await storedOutcomes(
    database,
    jobs.map(({ id }) => id),
  )
  const found = jobs.flatMap((job) => {
    const stored = outcomes.get(job.id)
    const finding = findingOf(job, stored, reconciledAfterMs)
    return finding ? [{ job, finding, line: describe(job, stored) }] : []
  })
  const resets = await lastResets(database, [...new Set(found.map(({ job }) => job.productId))])
  const forgotten = (job: FinishedJob): boolean => settledAtMs(job) <= (resets.get(job.productId) ?? 0)
  const suspects = found
    .filter(({ job, finding }) => finding === 'differs' || !forgotten(job))
    .map(({ job, finding, line }) => ({ id: job.id, finding, line }))
  return { compared: jobs.length, suspects }
}

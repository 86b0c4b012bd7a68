import type { Database } from '@flash-sale/shared/postgres.ts'
import type { PurchaseJob, PurchaseResult } from '@flash-sale/shared/queue.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import { Job, type Queue } from 'bullmq'
import { validate as isUuid } from 'uuid'

/** Jobs looked at with one question to Postgres. */
const pageSize = 1_000
/** Jobs of one state looked at in one pass, at most; the next pass starts anew. */
const jobsMax = 20_000

type PurchaseQueue = Queue<PurchaseJob, PurchaseResult>

/** Which of these purchases Postgres knows no outcome of. */
const withoutOutcome = async (database: Database, ids: readonly string[]): Promise<string[]> => {
  const rows = await database.run(
    'looking for purchases without outcome',
    (sql) => sql<{ id: string }[]>`
      SELECT g.id::text AS id FROM unnest(${[...ids]}::uuid[]) AS g(id)
       WHERE NOT EXISTS (SELECT 1 FROM purchases p WHERE p.id = g.id)`,
  )
  return rows.map((row) => row.id)
}

/** Those of the given jobs that no worker holds: BullMQ's lock on the job is gone. */
const notHeld = async (redis: Redis, queue: PurchaseQueue, ids: readonly string[]): Promise<string[]> => {
  const held = await Promise.all(ids.map((id) => redis.exists(`${queue.toKey(id)}:lock`)))
  return ids.filter((_, index) => held[index] === 0)
}

const isOlder = (job: PurchaseJobOf, ageMs: number): boolean =>
  Date.now() - (job.processedOn ?? job.timestamp) > ageMs

type PurchaseJobOf = Job<PurchaseJob, PurchaseResult>

/**
 * Finds purchases that nobody is going to settle: their job has failed, or is active although no worker has held it
 * for `abandonedMs` and BullMQ has not brought it back, and Postgres knows no outcome.
 * @throws when Redis or Postgres does not answer.
 */
export const findUnsettled = async (
  redis: Redis,
  queue: PurchaseQueue,
  database: Database,
  abandonedMs: number,
): Promise<PurchaseJobOf[]> => {
  const found: PurchaseJobOf[] = []
  for (const state of ['failed', 'active'] as const) {
    for (let from = 0; from < jobsMax; from += pageSize) {
      const ids = await queue.getRanges([state], from, from + pageSize - 1)
      if (ids.length === 0) break
      const purchases = ids.filter((id) => isUuid(id))
      const candidates = state === 'active' ? await notHeld(redis, queue, purchases) : purchases
      const unsettled = candidates.length > 0 ? await withoutOutcome(database, candidates) : []
      for (const id of unsettled) {
        const job = await Job.fromId<PurchaseJob, PurchaseResult>(queue, id)
        // Gone or moved on since: its worker, or another, has taken care of it.
        if (!job || (state === 'failed' && !job.failedReason)) continue
        if (state === 'failed' || isOlder(job, abandonedMs)) found.push(job)
      }
    }
  }
  return found
}

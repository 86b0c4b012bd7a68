import { readFileSync } from 'node:fs'
import type { Redis } from '@flash-sale/shared/redis.ts'
import { Job, raw2NextJobData } from 'bullmq'
import type { PurchaseQueue } from './enqueue.ts'
import { gatherCalls } from './gather-calls.ts'
import type { PurchaseBullJob } from './purchase-view.ts'

/** @returns undefined when there is no such job. */
type ReadJob = (jobId: string) => Promise<PurchaseBullJob | undefined>

type Command = (...keysAndArguments: (string | number)[]) => Promise<unknown>
type Reply = (string | null)[] | Error

/** Jobs that one call reads, at most: Redis serves nobody else while it does. */
const callMax = 128

/** What `purchase-view.ts` shows a purchase by. */
const fields = ['data', 'timestamp', 'processedOn', 'progress', 'finishedOn', 'failedReason', 'returnvalue']

const lua = readFileSync(new URL('./read-jobs.lua', import.meta.url), 'utf8')

const readers = new WeakMap<PurchaseQueue, ReadJob>()

const readerOf = (redis: Redis, queue: PurchaseQueue): ReadJob => {
  redis.defineCommand('readJobs', { lua })
  const { readJobs } = redis as Redis & Record<string, Command | undefined>
  if (!readJobs) throw new Error('ioredis did not define the command')

  const jobOf = (jobId: string, reply: Reply | undefined): PurchaseBullJob | undefined => {
    if (reply instanceof Error) throw reply
    const hash = reply?.flatMap((value, index) => (value === null ? [] : [fields[index], value])) ?? []
    if (hash.length === 0) return undefined
    const [stored] = raw2NextJobData([hash, jobId, 0, 0])
    return Job.fromJSON(queue, stored, jobId)
  }

  return gatherCalls<string, Reply, PurchaseBullJob | undefined>({
    callMax,
    call: async (jobIds) => {
      const keys = jobIds.map((jobId) => queue.toKey(jobId))
      return (await readJobs.call(redis, keys.length, ...keys, ...fields)) as Reply[]
    },
    resultOf: (reply, jobId) => jobOf(jobId, reply),
  })
}

/**
 * Reads a job, in whatever state, together with all others that this process wants to see in the same turn of its event
 * loop: one call to Redis for all of them. Only what a purchase is shown by (`fields`) is there. Not BullMQ's `getState`,
 * whose cost grows with the length of the queue.
 * @param redis the connection of the `queue`.
 * @throws when Redis does not answer.
 */
export const readJob = (
  redis: Redis,
  queue: PurchaseQueue,
  jobId: string,
): Promise<PurchaseBullJob | undefined> => {
  const read = readers.get(queue) ?? readerOf(redis, queue)
  readers.set(queue, read)
  return read(jobId)
}

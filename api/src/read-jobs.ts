import { readFileSync } from 'node:fs'
import type { Redis } from '@flash-sale/shared/redis.ts'
import { Job, raw2NextJobData } from 'bullmq'
import type { PurchaseQueue } from './enqueue.ts'
import type { PurchaseBullJob } from './purchase-view.ts'

/** @returns undefined when there is no such job. */
type ReadJob = (jobId: string) => Promise<PurchaseBullJob | undefined>

interface Waiting {
  jobId: string
  resolve: (job: PurchaseBullJob | undefined) => void
  reject: (error: unknown) => void
}

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
  let gathered: Waiting[] = []

  const jobOf = (jobId: string, reply: Reply | undefined): PurchaseBullJob | undefined => {
    if (reply instanceof Error) throw reply
    const hash = reply?.flatMap((value, index) => (value === null ? [] : [fields[index], value])) ?? []
    if (hash.length === 0) return undefined
    const [stored] = raw2NextJobData([hash, jobId, 0, 0])
    return Job.fromJSON(queue, stored, jobId)
  }

  const readAll = async (all: readonly Waiting[]): Promise<void> => {
    let replies: Reply[]
    try {
      const keys = all.map(({ jobId }) => queue.toKey(jobId))
      replies = (await readJobs.call(redis, keys.length, ...keys, ...fields)) as Reply[]
    } catch (error) {
      for (const { reject } of all) reject(error)
      return
    }
    for (const [index, { jobId, resolve, reject }] of all.entries()) {
      try {
        resolve(jobOf(jobId, replies[index]))
      } catch (error) {
        reject(error)
      }
    }
  }

  const readGathered = (): void => {
    const all = gathered
    gathered = []
    for (let from = 0; from < all.length; from += callMax) void readAll(all.slice(from, from + callMax))
  }

  return (jobId) =>
    new Promise((resolve, reject) => {
      if (gathered.length === 0) setImmediate(readGathered)
      gathered.push({ jobId, resolve, reject })
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

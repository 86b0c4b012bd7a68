/** Finds the jobs of a customer in the queues, of which nobody keeps a list: that would cost a write for each purchase. */
import { readFileSync } from 'node:fs'
import type { Redis } from '@flash-sale/shared/redis.ts'
import type { CountedQueue } from './queued-by-product.ts'

export interface QueuedOfCustomer {
  /** With a worker, put off, or waiting, the newest of these first. Whether they are really the customer's is to be checked. */
  jobIds: string[]
  /** There are more. */
  more: boolean
  /** Jobs that were looked at. */
  lookedAt: number
  /** Jobs that there were; undefined when Redis did not answer. */
  length?: number
}

export interface LookLimits {
  /** Jobs that are looked at. */
  jobsMax: number
  /** Jobs of the customer. */
  foundMax: number
  /** No more jobs are begun with after this time. */
  patienceMs: number
}

export type FindQueued = (customerId: string, limits?: Partial<LookLimits>) => Promise<QueuedOfCustomer>

const limitsDefault: LookLimits = { jobsMax: 20_000, foundMax: 50, patienceMs: 1_000 }
/** Redis serves nobody else while it looks at so many: 1 ms. */
const chunkSize = 250
/** At a time; who comes then is told that nothing was looked at. */
const looksMax = 2

const command = 'jobsHolding'
type JobsHolding = (jobs: number, ...keysAndText: string[]) => Promise<number[]>

interface Listed {
  jobs: { id: string; key: string }[]
  length: number
}

/** All lists of a queue at one moment, so that a job that goes from one to the next is not missed. */
const listed = async (redis: Redis, queue: CountedQueue, jobsMax: number): Promise<Listed> => {
  const last = jobsMax - 1
  const replies = await redis
    .multi()
    .lrange(queue.toKey('active'), 0, last)
    .zrange(queue.toKey('delayed'), '0', String(last))
    .lrange(queue.toKey('wait'), 0, last)
    .llen(queue.toKey('active'))
    .zcard(queue.toKey('delayed'))
    .llen(queue.toKey('wait'))
    .exec()
  const values = (replies ?? []).map(([error, value]) => {
    if (error) throw error
    return value
  })
  const ids = values.slice(0, 3).flat() as string[]
  const length = values.slice(3).reduce<number>((sum, count) => sum + Number(count), 0)
  return { jobs: ids.map((id) => ({ id, key: queue.toKey(id) })), length }
}

/**
 * Never throws: what Redis does not answer was not looked at. 20,000 jobs take 0.15 s, of which Redis works for 75 ms and the
 * api for 70 (2 busy cores, 2026-11-26).
 */
export const openQueuedOfCustomer = (redis: Redis, queues: readonly CountedQueue[]): FindQueued => {
  redis.defineCommand(command, {
    readOnly: true,
    lua: readFileSync(new URL('./jobs-holding.lua', import.meta.url), 'utf8'),
  })
  const { [command]: jobsHolding } = redis as Redis & Record<typeof command, JobsHolding>
  let looks = 0

  const look = async (customerId: string, found: QueuedOfCustomer, limits: LookLimits): Promise<void> => {
    const deadline = performance.now() + limits.patienceMs
    const all = await Promise.all(queues.map((queue) => listed(redis, queue, limits.jobsMax)))
    found.length = all.reduce((sum, { length }) => sum + length, 0)
    const jobs = all.flatMap((queue) => queue.jobs).slice(0, limits.jobsMax)
    const text = `"customerId":${JSON.stringify(customerId)}`
    for (let from = 0; from < jobs.length && performance.now() < deadline; from += chunkSize) {
      const chunk = jobs.slice(from, from + chunkSize)
      const places = await jobsHolding.call(redis, chunk.length, ...chunk.map(({ key }) => key), text)
      found.jobIds.push(...places.flatMap((place) => chunk[place - 1]?.id ?? []))
      found.lookedAt += chunk.length
      if (found.jobIds.length > limits.foundMax) break
    }
  }

  return async (customerId, changed = {}) => {
    const limits = { ...limitsDefault, ...changed }
    const found: QueuedOfCustomer = { jobIds: [], more: false, lookedAt: 0 }
    if (redis.status !== 'ready' || looks >= looksMax) return found
    looks += 1
    await look(customerId, found, limits)
      .catch(() => undefined)
      .finally(() => {
        looks -= 1
      })
    return {
      ...found,
      jobIds: found.jobIds.slice(0, limits.foundMax),
      more: found.jobIds.length > limits.foundMax,
    }
  }
}

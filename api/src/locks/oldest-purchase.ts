import type { Redis } from '@flash-sale/shared/redis.ts'
import type { CountedQueue } from './queued-by-product.ts'

/** Of the job that has been longest on a list, where jobs come in at the head; undefined when it is empty. */
const acceptedAtMsOf = async (
  redis: Redis,
  queue: CountedQueue,
  list: string,
): Promise<number | undefined> => {
  const id = await redis.lindex(queue.toKey(list), -1)
  if (id === null) return undefined
  const acceptedAtMs = Number(await redis.hget(queue.toKey(id), 'timestamp'))
  return acceptedAtMs > 0 ? acceptedAtMs : undefined
}

/**
 * For how long the oldest purchase without an outcome has waited, in the queue or with a worker, in milliseconds; undefined
 * when there is none. Four commands, however many wait.
 * @throws when Redis does not answer.
 */
export const oldestWaitMs = async (
  redis: Redis,
  queues: readonly CountedQueue[],
  nowMs: number,
): Promise<number | undefined> => {
  const found = await Promise.all(
    queues.flatMap((queue) => ['wait', 'active'].map((list) => acceptedAtMsOf(redis, queue, list))),
  )
  const times = found.filter((time) => time !== undefined)
  return times.length === 0 ? undefined : Math.max(0, nowMs - Math.min(...times))
}

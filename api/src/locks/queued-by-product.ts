import { purchaseJobSchema } from '@flash-sale/shared/queue.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'

/** What of a queue is needed: builds its keys, as in `toKey('wait')`. */
export interface CountedQueue {
  toKey(name: string): string
}

/** Jobs that are read, at most; up to so many waiting the counts are exact. */
const sampleMax = 200
/** More are read in so many places, spread evenly over the line: who came together is no picture of all. */
const places = 10

const sliceLength = sampleMax / places

const idsOf = async (redis: Redis, key: string, length: number): Promise<string[]> => {
  if (length <= sampleMax) return redis.lrange(key, 0, -1)
  const step = (length - sliceLength) / (places - 1)
  const slices = await Promise.all(
    Array.from({ length: places }, (_, place) => {
      const from = Math.round(place * step)
      return redis.lrange(key, from, from + sliceLength - 1)
    }),
  )
  return slices.flat()
}

const productOf = (text: string | null): number | undefined => {
  if (text === null) return undefined
  try {
    const read = purchaseJobSchema.safeParse(JSON.parse(text))
    return read.success ? read.data.productId : undefined
  } catch {
    return undefined
  }
}

/**
 * How many purchases wait in the queues that no worker has taken yet, by product: exact up to 200, else an estimate from
 * 200 of them. Nobody counts them, which would cost a write for each; so this is for who looks. A product with a
 * small part of a long line may be missing.
 * @throws when Redis does not answer.
 */
export const queuedByProduct = async (
  redis: Redis,
  queues: readonly CountedQueue[],
): Promise<ReadonlyMap<number, number>> => {
  const counts = new Map<number, number>()
  for (const queue of queues) {
    const key = queue.toKey('wait')
    const length = await redis.llen(key)
    const ids = await idsOf(redis, key, length)
    const texts = await Promise.all(ids.map((id) => redis.hget(queue.toKey(id), 'data')))
    for (const text of texts) {
      const productId = productOf(text)
      if (productId === undefined) continue
      counts.set(productId, (counts.get(productId) ?? 0) + Math.max(1, length / ids.length))
    }
  }
  return new Map([...counts].map(([productId, count]) => [productId, Math.round(count)]))
}

/** The purchases queue, as the bench fills it and looks at it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { v7 } from 'uuid'
import { createLogger } from '../../shared/src/logger.ts'
import { openQueue, queueNames } from '../../shared/src/queue.ts'
import { openCommandRedis } from '../../shared/src/redis.ts'
import { redisKeys } from '../../shared/src/redis-keys.ts'

/** How many purchases had no outcome at a time. */
export interface Depth {
  atMs: number
  depth: number
}

export interface Backlog {
  /** Adds `count` purchases of one unit, of the products in turn, as the api does. */
  add(count: number, productIds: readonly number[]): Promise<void>
  depth(): Promise<number>
  pause(): Promise<void>
  resume(): Promise<void>
  /** Looks every 25 ms until no more than `left` wait. @returns all looks. @throws after 10 minutes. */
  untilEmpty(left?: number): Promise<Depth[]>
  close(): Promise<void>
}

const bulk = 1_000
const lookEveryMs = 25
const patienceMs = 600_000

export const openBacklog = async (redisUrl: string): Promise<Backlog> => {
  const logger = createLogger('bench', 'warn')
  const redis = openCommandRedis({ url: redisUrl, keyPrefix: '', logger }, 'bench')
  if (redis.status !== 'ready') await new Promise<void>((resolve) => redis.once('ready', resolve))
  const [name] = queueNames
  if (name === undefined) throw new Error('expected a queue of purchases')
  const queue = openQueue(name, redis, redisKeys('').bullPrefix)

  const depth = async (): Promise<number> => {
    const counts = await queue.getJobCounts('waiting', 'active', 'delayed')
    return Object.values(counts).reduce((sum, count) => sum + count, 0)
  }

  return {
    add: async (count, productIds) => {
      for (let done = 0; done < count; done += bulk) {
        const timestamp = Date.now()
        const jobs = Array.from({ length: Math.min(bulk, count - done) }, (_, index) => {
          const n = done + index
          const productId = productIds[n % productIds.length] ?? 1
          const data = { productId, customerId: `c-${n}`, quantity: 1 }
          return { name: 'purchase', data, opts: { jobId: v7(), timestamp } }
        })
        await queue.addBulk(jobs)
      }
    },
    depth,
    pause: () => queue.pause(),
    resume: () => queue.resume(),
    untilEmpty: async (left = 0) => {
      const looks: Depth[] = []
      const startedAtMs = performance.now()
      for (;;) {
        const look = { depth: await depth(), atMs: performance.now() }
        looks.push(look)
        if (look.depth <= left) return looks
        if (look.atMs - startedAtMs > patienceMs) throw new Error(`${look.depth} purchases are still waiting`)
        await sleep(lookEveryMs)
      }
    },
    close: async () => {
      await queue.close()
      redis.disconnect()
    },
  }
}

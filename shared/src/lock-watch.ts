import { createLastMinute, type LastMinute, type ProductMinute } from './last-minute.ts'
import { type LockState, openLockStates } from './lock-state.ts'
import type { Redis } from './redis.ts'
import type { RedisKeys } from './redis-keys.ts'
import { readWorkerLines } from './worker-reports.ts'

/** A product that is being sold now: its lock, who waits for it in which worker, and its last minute. */
export interface WatchedProduct extends LockState, ProductMinute {
  /** Purchases that wait for the lock in all workers, as of the last second. */
  waitingPurchases: number
  settlingPurchases: number
}

export interface LockWatch {
  /**
   * The products that have purchases with a worker, or had a batch within the last minute; the most waiting first.
   * Three round trips to Redis, however many there are.
   * @throws when Redis does not answer.
   */
  look(): Promise<WatchedProduct[]>
  /** To be told of each settled batch. */
  minute: LastMinute
}

const productsMax = 100

interface Load {
  waiting: number
  settling: number
}

/**
 * Nobody keeps a list of busy products, which would cost a write for each lease: the workers report their lines once a
 * second anyway, and so a product is found whose lock does not move and of which no news come.
 * @param redis a connection that fails instead of waiting (see `openCommandRedis`).
 */
export const openLockWatch = (redis: Redis, keys: RedisKeys): LockWatch => {
  const locks = openLockStates(redis, keys)
  const minute = createLastMinute()

  const loads = async (): Promise<Map<number, Load>> => {
    const found = new Map<number, Load>()
    for (const { productId } of minute.products()) found.set(productId, { waiting: 0, settling: 0 })
    for (const { lines } of await readWorkerLines(redis, keys.reports)) {
      for (const { productId, waiting, settling } of lines) {
        const load = found.get(productId) ?? { waiting: 0, settling: 0 }
        found.set(productId, { waiting: load.waiting + waiting, settling: load.settling + settling })
      }
    }
    return found
  }

  return {
    minute,
    look: async () => {
      const busiest = [...(await loads())].toSorted(([, a], [, b]) => b.waiting - a.waiting)
      const products = new Map(busiest.slice(0, productsMax))
      const states = await locks.read([...products.keys()])
      return states.map((state) => {
        const { waiting, settling } = products.get(state.productId) ?? { waiting: 0, settling: 0 }
        return {
          ...minute.of(state.productId),
          ...state,
          waitingPurchases: waiting,
          settlingPurchases: settling,
        }
      })
    },
  }
}

import type { OutcomeCounts } from './contract/locked-product.ts'
import { type LockState, openLockStates } from './lock-state.ts'
import { type ProductMinute, productMinutes } from './product-minute.ts'
import { productOutcomes } from './product-outcomes.ts'
import type { Redis } from './redis.ts'
import type { RedisKeys } from './redis-keys.ts'
import { type ProductsOfWorker, readWorkerProducts } from './worker-reports.ts'

/** A product that is being sold now: its lock, who waits for it in which worker, and its last minute. */
export interface WatchedProduct extends LockState, ProductMinute {
  /** Purchases that wait for the lock in all workers, as of the last second. */
  waitingPurchases: number
  settlingPurchases: number
}

export interface WatchedLocks {
  /** The most waiting first. */
  products: WatchedProduct[]
  /** Of any product, also of one that is not being sold now; see product-outcomes.ts for what is missing. */
  outcomes: ReadonlyMap<number, OutcomeCounts>
}

export interface LockWatch {
  /**
   * The products that have purchases with a worker, or had a batch within the last minute, and what came of all.
   * Three round trips to Redis, however many there are.
   * @throws when Redis does not answer.
   */
  look(): Promise<WatchedLocks>
}

const productsMax = 100

interface Load {
  waiting: number
  settling: number
}

const loadsOf = (
  workers: readonly ProductsOfWorker[],
  minutes: ReadonlyMap<number, ProductMinute>,
): Map<number, Load> => {
  const found = new Map<number, Load>()
  // The busiest first: they are shown where there are more than can be.
  const busiest = [...minutes.values()].toSorted((a, b) => b.settled - a.settled)
  for (const { productId } of busiest) found.set(productId, { waiting: 0, settling: 0 })
  for (const { lines } of workers) {
    for (const { productId, waiting, settling } of lines) {
      const load = found.get(productId) ?? { waiting: 0, settling: 0 }
      found.set(productId, { waiting: load.waiting + waiting, settling: load.settling + settling })
    }
  }
  return found
}

/**
 * Nobody keeps a list of busy products, which would cost a write for each lease: the workers report their lines once a
 * second anyway, and so a product is found whose lock does not move and of which no batch is settled.
 * @param redis a connection that fails instead of waiting (see `openCommandRedis`).
 */
export const openLockWatch = (redis: Redis, keys: RedisKeys): LockWatch => {
  const locks = openLockStates(redis, keys)

  return {
    look: async () => {
      const workers = await readWorkerProducts(redis, keys.reports)
      const reports = workers.flatMap(({ products }) => products ?? [])
      const minutes = productMinutes(reports, Date.now())
      const busiest = [...loadsOf(workers, minutes)].toSorted(([, a], [, b]) => b.waiting - a.waiting)
      const loads = new Map(busiest.slice(0, productsMax))
      const states = await locks.read([...loads.keys()])
      const products = states.map((state) => {
        const { waiting, settling } = loads.get(state.productId) ?? { waiting: 0, settling: 0 }
        return {
          ...{ settled: 0, batches: 0 },
          ...minutes.get(state.productId),
          ...state,
          waitingPurchases: waiting,
          settlingPurchases: settling,
        }
      })
      return { products, outcomes: productOutcomes(reports) }
    },
  }
}

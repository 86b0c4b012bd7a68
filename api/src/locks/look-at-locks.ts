/** One look at everything that the lock page shows. */
import type { LockedProduct, ProductState } from '@flash-sale/shared/contract/locked-product.ts'
import type { LockOverview } from '@flash-sale/shared/contract/locks.ts'
import { withDeadline } from '@flash-sale/shared/deadline.ts'
import type { LockWatch, WatchedLocks, WatchedProduct } from '@flash-sale/shared/lock-watch.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import type { ReportKeys } from '@flash-sale/shared/redis-keys.ts'
import { readWorkerMetrics } from '@flash-sale/shared/worker-reports.ts'
import type { QueueControl } from '../queue-control.ts'
import type { QueueLoad } from '../queue-load.ts'
import type { LastInvariants } from './last-invariants.ts'
import { oldestWaitMs } from './oldest-purchase.ts'
import { type CountedQueue, queuedByProduct } from './queued-by-product.ts'
import type { ShownProducts } from './shown-products.ts'
import { workerFiguresOf } from './worker-figures.ts'

export interface LockLookDeps {
  redis: Redis
  reportKeys: ReportKeys
  watch: LockWatch
  queue: Pick<QueueControl, 'state'>
  queues: readonly CountedQueue[]
  load: Pick<QueueLoad, 'drainPerS'>
  products: ShownProducts
  invariants: LastInvariants
  /** Purchases that this api did not accept, by problem code. */
  refused: () => Promise<LockOverview['refused']>
}

const lookDeadlineMs = 1_800
const quietMax = 100

/** A product of which no worker has taken anything, while purchases of it wait in the queue. */
const untaken = (productId: number): WatchedProduct => ({
  productId,
  waiters: [],
  waitersInLine: 0,
  waitingPurchases: 0,
  settlingPurchases: 0,
  settled: 0,
  batches: 0,
})

/** The lock page shows no more. */
const productsMax = 100

const withUntaken = (
  watched: readonly WatchedProduct[],
  queued: ReadonlyMap<number, number>,
): WatchedProduct[] => {
  const ids = new Set(watched.map(({ productId }) => productId))
  const others = [...queued.keys()].filter((productId) => !ids.has(productId)).map(untaken)
  return [...watched, ...others].slice(0, productsMax)
}

interface Seen {
  watched: readonly WatchedProduct[]
  states: ReadonlyMap<number, ProductState>
  outcomes: WatchedLocks['outcomes']
  invariants: LastInvariants
  /** In the queue, by product. */
  queued: ReadonlyMap<number, number>
  paused: boolean
}

const lockedProductOf = (product: WatchedProduct, seen: Seen): LockedProduct => {
  const outcomes = seen.outcomes.get(product.productId)
  const { settledPerS, waitingPurchases, settlingPurchases } = product
  const depth = waitingPurchases + settlingPurchases + (seen.queued.get(product.productId) ?? 0)
  const emptyInMs = depth === 0 ? 0 : settledPerS && !seen.paused ? (depth * 1_000) / settledPerS : undefined
  return {
    ...withInvariants(
      seen.states.get(product.productId) ?? { productId: product.productId },
      seen.invariants,
    ),
    ...product,
    depth,
    ...(emptyInMs === undefined ? {} : { emptyInMs: Math.round(emptyInMs) }),
    ...(outcomes ? { outcomes } : {}),
  }
}

const withInvariants = (state: ProductState, invariants: LastInvariants): ProductState => {
  const last = invariants.of(state.productId)
  return last ? { ...state, invariants: last } : state
}

/** Who waits comes first, the most purchases at the top; then who sells the most. */
const byContention = (a: LockedProduct, b: LockedProduct): number =>
  Math.sign(b.waitersInLine) - Math.sign(a.waitersInLine) ||
  b.waitingPurchases - a.waitingPurchases ||
  b.depth - a.depth ||
  b.settled - a.settled ||
  a.productId - b.productId

const queueOf = async ({ redis, queue, queues, load }: LockLookDeps): Promise<LockOverview['queue']> => {
  const [state, oldest] = await Promise.all([queue.state(), oldestWaitMs(redis, queues, Date.now())])
  const { waiting, active, delayed } = state.counts
  const settledPerS = load.drainPerS()
  const depth = waiting + active + delayed
  // Paused, only what workers have taken is settled.
  const isKnown = depth === 0 || (settledPerS > 0 && !state.paused)
  return {
    ...state,
    settledPerS,
    ...(oldest === undefined ? {} : { oldestWaitMs: oldest }),
    ...(isKnown ? { emptyInMs: depth === 0 ? 0 : Math.round((depth * 1_000) / settledPerS) } : {}),
  }
}

/**
 * Nine round trips to Redis, in which up to 200 waiting jobs are read, and a short query, however many products there are.
 * @throws when Redis does not answer in time.
 */
export const lookAtLocks = async (deps: LockLookDeps): Promise<LockOverview> => {
  const { redis, reportKeys, watch, products, invariants } = deps
  const [taken, reports, queue, queued] = await withDeadline(
    'looking at the locks',
    lookDeadlineMs,
    Promise.all([
      watch.look(),
      readWorkerMetrics(redis, reportKeys),
      queueOf(deps),
      queuedByProduct(redis, deps.queues),
    ]),
  )
  const watched = withUntaken(taken.products, queued)
  const states = await products.read(watched.map(({ productId }) => productId))
  const seen: Seen = {
    watched,
    states: new Map(states.map((state) => [state.productId, state])),
    outcomes: taken.outcomes,
    invariants,
    queued,
    paused: queue.paused,
  }
  const watchedIds = new Set(watched.map(({ productId }) => productId))
  const { workers, outcomes, faults } = workerFiguresOf(reports)
  return {
    at: new Date().toISOString(),
    queue,
    products: watched.map((product) => lockedProductOf(product, seen)).toSorted(byContention),
    quiet: states
      .filter(({ productId }) => !watchedIds.has(productId))
      .slice(0, quietMax)
      .map((state) => withInvariants(state, invariants)),
    workers,
    outcomes,
    refused: await deps.refused(),
    faults,
  }
}

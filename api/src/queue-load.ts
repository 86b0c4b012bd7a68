/** How much waits in the queue and how fast it drains: looked at four times a second, for all purchases together. */
import { createDrain, type Drain } from './drain.ts'
import type { PurchaseQueue } from './enqueue.ts'
import type { Pace } from './queue-pace.ts'
import type { SharedSpeed } from './shared-speed.ts'

/** How far a purchase is from its outcome. */
export interface PlaceEstimate {
  aheadEstimate: number
  /** Absent while nothing is known of the queue's speed. */
  etaMs?: number
}

/** None of these costs a call to Redis. */
export interface QueueLoad {
  /** Purchases accepted and not settled, at the last look. */
  depth(): number
  /** How many the queue settles a second while it has work; 0 while that is unknown. */
  drainPerS(): number
  /** For the next purchase: how many were accepted before it, since the queue was made. Undefined before the first look. */
  takeTicket(): number | undefined
  /** Where the purchase with this ticket is now; undefined for one without, or before the first look. */
  placeOf(ticket: number | undefined): PlaceEstimate | undefined
}

export type WatchedQueue = Pick<PurchaseQueue, 'getJobCounts' | 'getMetrics'>

export const lookEveryMs = 250
/** When the next look is as late as this, what others accept is not counted on further. */
const lookLateMsMax = 1_000

/** Purchases accepted and not settled, and how many have been settled since the queue was made. */
const lookAt = async (queue: WatchedQueue) => {
  const [counts, { meta }] = await Promise.all([
    queue.getJobCounts('waiting', 'active', 'delayed'),
    queue.getMetrics('completed', 0, 0),
  ])
  const depth = Object.values(counts).reduce((sum, count) => sum + count, 0)
  return { depth, settled: meta.count }
}

/** The load as it follows from looks, without a clock of its own: what `watchQueueLoad` feeds. */
export const createQueueLoad = (drain: Drain = createDrain(), nowMs = () => performance.now()) => {
  let depth = 0
  let acceptedAtLook: number | undefined
  let acceptedSince = 0
  let lookAtMs = 0
  /** Accepted by other api processes, each millisecond: they are ahead of the next purchase before a look has counted them. */
  let othersPerMs = 0

  const load: QueueLoad = {
    depth: () => depth,
    drainPerS: () => drain.perSAt(drain.settledAt(nowMs())),
    takeTicket: () => {
      if (acceptedAtLook === undefined) return undefined
      const others = othersPerMs * Math.min(nowMs() - lookAtMs, lookLateMsMax)
      acceptedSince += 1
      return acceptedAtLook + acceptedSince - 1 + Math.round(others)
    },
    placeOf: (ticket) => {
      if (ticket === undefined || acceptedAtLook === undefined) return undefined
      const settled = drain.settledAt(nowMs())
      const ahead = Math.max(0, ticket - settled)
      const perS = drain.perSAt(settled)
      return {
        aheadEstimate: Math.round(ahead),
        ...(perS > 0 ? { etaMs: Math.round((ahead * 1_000) / perS) } : {}),
      }
    },
  }
  return {
    load,
    /** Call it before a look; the function that it returns takes what was seen. */
    begin: () => {
      const acceptedBefore = acceptedSince
      return (seen: { depth: number; settled: number }, told?: Pace): void => {
        const atMs = nowMs()
        const accepted = seen.depth + seen.settled
        const others = acceptedAtLook === undefined ? 0 : accepted - acceptedAtLook - acceptedBefore
        othersPerMs = Math.max(0, others) / Math.max(1, atMs - lookAtMs)
        lookAtMs = atMs
        depth = seen.depth
        acceptedAtLook = accepted
        acceptedSince -= acceptedBefore
        drain.look({ ...seen, atMs }, told)
      }
    },
    /** For other processes. */
    pace: () => drain.pace(),
  }
}

/**
 * Watches the queues until it is closed. While Redis is away the last look stands.
 * @param speed makes the times to go of all api processes agree.
 */
export const watchQueueLoad = (
  queues: readonly WatchedQueue[],
  speed: SharedSpeed,
): QueueLoad & { close(): void } => {
  const { load, begin, pace } = createQueueLoad()
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const look = async (): Promise<void> => {
    const take = begin()
    // Redis away: adding says so by itself.
    const looks = Promise.all([Promise.all(queues.map(lookAt)), speed.told()])
    const [seen, told] = (await looks.catch(() => undefined)) ?? []
    if (closed) return
    if (seen) {
      const depth = seen.reduce((sum, queue) => sum + queue.depth, 0)
      const settled = seen.reduce((sum, queue) => sum + queue.settled, 0)
      take({ depth, settled }, told)
      if (!told) speed.tell(pace())
    }
    timer = setTimeout(look, lookEveryMs)
  }
  void look()

  return {
    ...load,
    close: () => {
      closed = true
      clearTimeout(timer)
    },
  }
}

import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { PurchaseQueue } from './enqueue.ts'
import type { Refusal } from './problem-answer.ts'

/** Refuses purchases before the queue or this process has more than it can serve. */
export interface Backpressure {
  /** Undefined while there is room. Costs no call to Redis. */
  refusal(): Refusal | undefined
  close(): void
}

export interface BackpressureOptions {
  queues: readonly Pick<PurchaseQueue, 'getJobCounts' | 'getMetrics'>[]
  /** Purchases without outcome, at most. */
  depthMax: number
  /** Mean delay of the event loop, ms. */
  lagMsMax: number
}

const lookEveryMs = 250
const lagResolutionMs = 20
const retryAfterSMax = 60

/** Purchases accepted and not settled, and how many have been settled since the queue was made. */
const depthOf = async (queue: BackpressureOptions['queues'][number]) => {
  const [counts, { meta }] = await Promise.all([
    queue.getJobCounts('waiting', 'active', 'delayed'),
    queue.getMetrics('completed', 0, 0),
  ])
  const depth = Object.values(counts).reduce((sum, count) => sum + count, 0)
  return { depth, settled: meta.count }
}

/** Looks at the queues four times a second, and at the event loop all the time. */
export const watchLoad = (options: BackpressureOptions): Backpressure => {
  const delays = monitorEventLoopDelay({ resolution: lagResolutionMs })
  delays.enable()
  let depth = 0
  let settledPerS = 0
  let lagMs = 0
  let last: { settled: number; atMs: number } | undefined
  let closed = false
  let timer: NodeJS.Timeout | undefined

  const lookAtQueues = async (): Promise<void> => {
    const seen = await Promise.all(options.queues.map(depthOf))
    depth = seen.reduce((sum, queue) => sum + queue.depth, 0)
    const settled = seen.reduce((sum, queue) => sum + queue.settled, 0)
    const atMs = performance.now()
    if (last && settled >= last.settled) {
      const rate = ((settled - last.settled) * 1000) / (atMs - last.atMs)
      settledPerS = settledPerS === 0 ? rate : 0.7 * settledPerS + 0.3 * rate
    }
    last = { settled, atMs }
  }

  const look = async (): Promise<void> => {
    lagMs = Math.max(0, delays.mean / 1e6 - lagResolutionMs)
    delays.reset()
    // Redis away: adding says so by itself, and the last depth stands.
    await lookAtQueues().catch(() => undefined)
    if (!closed) timer = setTimeout(look, lookEveryMs)
  }
  timer = setTimeout(look, lookEveryMs)

  return {
    refusal: () => {
      if (depth >= options.depthMax) {
        const excess = depth - options.depthMax * 0.9
        const retryAfterS = Math.min(
          retryAfterSMax,
          Math.max(1, Math.ceil(excess / Math.max(1, settledPerS))),
        )
        return {
          code: 'queue-full',
          detail: `${depth} purchases wait already: send it again later`,
          retryAfterS,
        }
      }
      if (lagMs > options.lagMsMax)
        return {
          code: 'overloaded',
          detail: 'this api is behind with its work: send it again later',
          retryAfterS: 1,
        }
      return undefined
    },
    close: () => {
      closed = true
      clearTimeout(timer)
      delays.disable()
    },
  }
}

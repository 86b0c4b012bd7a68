import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Refusal } from './problem-answer.ts'
import { lookEveryMs, type QueueLoad } from './queue-load.ts'

/** Refuses purchases before the queue or this process has more than it can serve. */
export interface Backpressure {
  /** Undefined while there is room. Costs no call to Redis. */
  refusal(): Refusal | undefined
  close(): void
}

export interface BackpressureOptions {
  load: Pick<QueueLoad, 'depth' | 'drainPerS'>
  /** Purchases without outcome, at most. */
  depthMax: number
  /** Mean delay of the event loop, ms. */
  lagMsMax: number
}

const lagResolutionMs = 20
const retryAfterSMax = 60

/** Looks at the event loop all the time, and at the queue's load when it is asked. */
export const openBackpressure = ({ load, depthMax, lagMsMax }: BackpressureOptions): Backpressure => {
  const delays = monitorEventLoopDelay({ resolution: lagResolutionMs })
  delays.enable()
  let lagMs = 0
  const timer = setInterval(() => {
    lagMs = Math.max(0, delays.mean / 1e6 - lagResolutionMs)
    delays.reset()
  }, lookEveryMs)

  const queueFull = (depth: number): Refusal => {
    const excess = depth - depthMax * 0.9
    const drainS = Math.ceil(excess / Math.max(1, load.drainPerS()))
    return {
      code: 'queue-full',
      detail: `${depth} purchases wait already: send it again later`,
      retryAfterS: Math.min(retryAfterSMax, Math.max(1, drainS)),
    }
  }

  return {
    refusal: () => {
      const depth = load.depth()
      if (depth >= depthMax) return queueFull(depth)
      if (lagMs > lagMsMax)
        return {
          code: 'overloaded',
          detail: 'this api is behind with its work: send it again later',
          retryAfterS: 1,
        }
      return undefined
    },
    close: () => {
      clearInterval(timer)
      delays.disable()
    },
  }
}

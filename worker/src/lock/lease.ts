import type { LockKeys } from '@flash-sale/shared/redis-keys.ts'
import type { LockScripts } from './lock-scripts.ts'

/** A timed holding of a product's lock. */
export interface Lease {
  /** Fencing token: larger than that of every lease of this product before. */
  token: number
  /** When it was granted, ms since the epoch. */
  grantedAtMs: number
  /**
   * Whether the lease surely still runs: counted on this process's own monotonic clock from before the request was
   * sent, so never longer than Redis counts it.
   */
  isHeld(): boolean
  /** Ends renewal and frees the lock if it is still ours. Never throws: an unreleased lease expires. */
  release(): Promise<void>
}

export interface LeaseOptions {
  scripts: LockScripts
  keys: LockKeys
  owner: string
  token: number
  leaseMs: number
  /** `performance.now()` when the request was sent that was granted. */
  requestedAtMs: number
  wakePrefix: string
  /** Called once, when the lease ended before it was released. */
  onLost: () => void
}

/** Starts to renew a lease that was just granted, at a third of its length. */
export const holdLease = (options: LeaseOptions): Lease => {
  let heldUntilMs = options.requestedAtMs + options.leaseMs
  let ended = false

  const end = (): void => {
    ended = true
    clearInterval(timer)
  }
  const lose = (): void => {
    if (ended) return
    end()
    options.onLost()
  }
  const renew = async (): Promise<void> => {
    const sentAtMs = performance.now()
    try {
      const renewed = await options.scripts.renew(options.keys, options.owner, options.leaseMs)
      if (renewed) heldUntilMs = Math.max(heldUntilMs, sentAtMs + options.leaseMs)
      else lose()
    } catch {
      // No answer is no proof of loss: the lease runs to its known end, and the next renewal may get through.
      if (performance.now() >= heldUntilMs) lose()
    }
  }
  const timer = setInterval(() => void renew(), options.leaseMs / 3)

  return {
    token: options.token,
    grantedAtMs: Date.now(),
    isHeld: () => !ended && performance.now() < heldUntilMs,
    release: async () => {
      // A process that stood still hears of its batch and of its lease in one moment: here nobody else would count it.
      if (performance.now() >= heldUntilMs) lose()
      end()
      await options.scripts.release(options.keys, options.owner, options.wakePrefix).catch(() => false)
    },
  }
}

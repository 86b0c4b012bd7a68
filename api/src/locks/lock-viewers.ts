/** Who looks at the locks: one look a second for all of them together, and none while nobody looks. */
import type { LockOverview } from '@flash-sale/shared/contract/locks.ts'

/** `unavailable`: Redis does not answer. */
export type LockLook = { kind: 'seen'; overview: LockOverview } | { kind: 'unavailable'; reason: string }

export interface LockViewers {
  /** What is seen now, or was half a second ago at most. */
  look(): Promise<LockLook>
  /**
   * Tells what is seen at once and then every second.
   * @returns what ends it; undefined when as many look already as may.
   */
  follow(onLook: (look: LockLook) => void): (() => void) | undefined
}

export interface LockViewersOptions {
  /** @throws when Redis does not answer. */
  look: () => Promise<LockOverview>
  viewersMax?: number
}

const lookEveryMs = 1_000
const freshMs = 500
const viewersMaxDefault = 50

export const openLockViewers = (options: LockViewersOptions): LockViewers => {
  const viewersMax = options.viewersMax ?? viewersMaxDefault
  const viewers = new Set<(look: LockLook) => void>()
  let running: Promise<LockLook> | undefined
  let last: LockLook | undefined
  let lastAtMs = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined

  const lookNow = async (): Promise<LockLook> => {
    try {
      last = { kind: 'seen', overview: await options.look() }
    } catch (error) {
      last = { kind: 'unavailable', reason: error instanceof Error ? error.message : String(error) }
    }
    lastAtMs = performance.now()
    running = undefined
    return last
  }
  const look = (): Promise<LockLook> => {
    if (last && performance.now() - lastAtMs < freshMs) return Promise.resolve(last)
    running ??= lookNow()
    return running
  }

  const tellAll = async (): Promise<void> => {
    timer = setTimeout(tellAll, lookEveryMs)
    const seen = await look()
    for (const onLook of [...viewers]) onLook(seen)
  }

  return {
    look,
    follow: (onLook) => {
      if (viewers.size >= viewersMax) return undefined
      viewers.add(onLook)
      if (timer === undefined) void tellAll()
      else void look().then((seen) => viewers.has(onLook) && onLook(seen))
      return () => {
        viewers.delete(onLook)
        if (viewers.size > 0) return
        clearTimeout(timer)
        timer = undefined
      }
    },
  }
}

/** Who looks at the locks: one look a second for all of them together, and none while nobody looks. */
import type { LockOverview } from '@flash-sale/shared/contract/locks.ts'
import type { LastMinute } from '@flash-sale/shared/last-minute.ts'
import { batchOf } from '@flash-sale/shared/outcome-news.ts'
import type { OutcomeFeed } from '../outcome-feed.ts'

/** `unavailable`: Redis does not answer. */
export type LockLook = { kind: 'seen'; overview: LockOverview } | { kind: 'unavailable'; reason: string }

export interface LockViewers {
  /** What is seen now, or was half a second ago at most. Batches are heard from then on, for the looks that follow. */
  look(): Promise<LockLook>
  /**
   * Tells what is seen at once and then every second.
   * @returns what ends it; undefined when as many look already as may.
   */
  follow(onLook: (look: LockLook) => void): (() => void) | undefined
}

export interface LockViewersOptions {
  /** @throws when Redis does not answer. */
  look: (heardMs: number) => Promise<LockOverview>
  outcomes: Pick<OutcomeFeed, 'hear' | 'closing'>
  minute: Pick<LastMinute, 'hear' | 'forget'>
  viewersMax?: number
}

const lookEveryMs = 1_000
const freshMs = 500
/** Who comes back within this time, as a page without scripts does, finds the minute heard without a gap. */
const hearAfterMs = 15_000
const minuteMs = 60_000
const viewersMaxDefault = 50

/** Hears of batches from `begin` until nobody has begun again for a while. */
const openHearing = ({ outcomes, minute }: Pick<LockViewersOptions, 'outcomes' | 'minute'>) => {
  let sinceMs = 0
  let stop: (() => void) | undefined
  let timer: NodeJS.Timeout | undefined

  const hear = (message: string): void => {
    const batch = batchOf(message)
    if (!batch) return
    const { productId, batchSize, lockWaitMsMax } = batch
    minute.hear({ productId, purchases: batchSize, lockWaitMs: lockWaitMsMax })
  }
  const end = (): void => {
    clearTimeout(timer)
    stop?.()
    stop = undefined
  }
  outcomes.closing.addEventListener('abort', end, { once: true })

  return {
    begin: (): void => {
      if (outcomes.closing.aborted) return
      if (!stop) {
        // What was heard before the gap would count as if there had been none.
        minute.forget()
        sinceMs = performance.now()
        stop = outcomes.hear(hear)
      }
      clearTimeout(timer)
      timer = setTimeout(end, hearAfterMs)
    },
    heardMs: (): number => (stop ? Math.min(minuteMs, Math.round(performance.now() - sinceMs)) : 0),
  }
}

export const openLockViewers = (options: LockViewersOptions): LockViewers => {
  const viewersMax = options.viewersMax ?? viewersMaxDefault
  const hearing = openHearing(options)
  const viewers = new Set<(look: LockLook) => void>()
  let running: Promise<LockLook> | undefined
  let last: LockLook | undefined
  let lastAtMs = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined

  const lookNow = async (): Promise<LockLook> => {
    hearing.begin()
    try {
      last = { kind: 'seen', overview: await options.look(hearing.heardMs()) }
    } catch (error) {
      last = { kind: 'unavailable', reason: error instanceof Error ? error.message : String(error) }
    }
    lastAtMs = performance.now()
    running = undefined
    return last
  }
  const look = (): Promise<LockLook> => {
    if (last && performance.now() - lastAtMs < freshMs) {
      hearing.begin()
      return Promise.resolve(last)
    }
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

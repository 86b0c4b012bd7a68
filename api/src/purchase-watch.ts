/**
 * Watches purchases for whoever waits for them, by the news about outcomes. Those may get lost, so what is watched is looked
 * at as well: when news may have been missed, and rarely besides. All that are due are looked at together, so that the calls
 * to the stores do not grow with those who wait.
 */
import type { PurchaseView } from '@flash-sale/shared/contract/purchase.ts'
import type { FoundPurchase } from './find-purchase.ts'
import type { OutcomeFeed } from './outcome-feed.ts'

/** What was looked up of a purchase, or told of it by the news. */
export type SeenPurchase = FoundPurchase | { kind: 'told'; view: PurchaseView }

export interface PurchaseWatch {
  /** Looks at it now, or a moment later, together with others. */
  lookSoon(): void
  stop(): void
}

export interface PurchaseWatches {
  /**
   * Calls `onSeen` with everything that is seen of a purchase until it is stopped; may call it with the same more than once.
   * Who begins before the purchase is added or looked at misses no outcome.
   * @param lookEveryMs time between two looks at it, on average.
   */
  watch(jobId: string, lookEveryMs: number, onSeen: (seen: SeenPurchase) => void): PurchaseWatch
}

export interface PurchaseWatchOptions {
  feed: Pick<OutcomeFeed, 'follow' | 'hears'>
  /** Those of one turn of the event loop share their calls to the stores. @throws for a bug only. */
  look: (jobId: string) => Promise<FoundPurchase>
}

/** Of everything, while no news can be heard. */
const deafLookEveryMs = 2_000
const sweepEveryMs = 500
const looksPerSweepMax = 250
/** Between two sweeps of which one does not wait for its time: leaves the stores to others. */
const sweepPauseMs = 50

interface Watched {
  jobId: string
  onSeen: (seen: SeenPurchase) => void
  lookEveryMs: number
  lookedAtMs: number
  /** Part of `lookEveryMs` until the next look: not all at the same moment. */
  spread: number
}

const newSpread = (): number => 0.75 + Math.random() / 2

export const openPurchaseWatches = ({ feed, look }: PurchaseWatchOptions): PurchaseWatches => {
  // The one looked at longest ago comes first.
  const watched = new Set<Watched>()
  let ticks: NodeJS.Timeout | undefined
  let kicked = false
  let sweeping = false
  /** After this sweep and its pause another one is due. */
  let again = false

  const takeDue = (): Watched[] => {
    const nowMs = performance.now()
    const everyMsMax = feed.hears() ? Number.POSITIVE_INFINITY : deafLookEveryMs
    const due: Watched[] = []
    for (const one of watched) {
      if (due.length === looksPerSweepMax) break
      if (one.lookedAtMs + one.spread * Math.min(one.lookEveryMs, everyMsMax) <= nowMs) due.push(one)
    }
    for (const one of due) {
      watched.delete(one)
      watched.add(one)
      one.lookedAtMs = nowMs
      one.spread = newSpread()
    }
    return due
  }
  const lookAt = async (one: Watched): Promise<void> => {
    // A bug shows itself where the request began, which looked as well; here the next look may get through.
    const found = await look(one.jobId).catch(() => undefined)
    if (found && watched.has(one)) one.onSeen(found)
  }
  const sweep = async (): Promise<void> => {
    if (sweeping) return
    const due = takeDue()
    if (due.length === 0) return
    sweeping = true
    again = due.length === looksPerSweepMax
    try {
      await Promise.all(due.map(lookAt))
    } finally {
      setTimeout(() => {
        sweeping = false
        if (again) void sweep()
      }, sweepPauseMs)
    }
  }
  /** Sweeps without waiting for its time. */
  const kick = (): void => {
    again = true
    if (kicked) return
    kicked = true
    setImmediate(() => {
      kicked = false
      void sweep()
    })
  }

  return {
    watch: (jobId, lookEveryMs, onSeen) => {
      const one = { jobId, onSeen, lookEveryMs, lookedAtMs: performance.now(), spread: newSpread() }
      const lookSoon = (): void => {
        one.lookedAtMs = Number.NEGATIVE_INFINITY
        kick()
      }
      const stopFollowing = feed.follow(jobId, {
        onSettled: (view) => (view ? onSeen({ kind: 'told', view }) : lookSoon()),
        onGap: lookSoon,
      })
      watched.add(one)
      ticks ??= setInterval(() => void sweep(), sweepEveryMs)
      const stop = (): void => {
        stopFollowing()
        watched.delete(one)
        if (watched.size > 0) return
        clearInterval(ticks)
        ticks = undefined
      }
      return { lookSoon, stop }
    },
  }
}

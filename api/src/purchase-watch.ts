/**
 * Watches purchases for whoever waits for them: by the news about outcomes, and, since those may get lost, by looking
 * from time to time. However many are watched, no more than `looksPerSMax` are looked at in a second.
 */
import type { PurchaseView } from '@flash-sale/shared/contract/purchase.ts'
import type { FoundPurchase } from './find-purchase.ts'
import type { OutcomeFeed } from './outcome-feed.ts'

/** What was looked up of a purchase, or told of it by the news. */
export type SeenPurchase = FoundPurchase | { kind: 'told'; view: PurchaseView }

export interface PurchaseWatches {
  /**
   * Calls `onSeen` with everything that is seen of a purchase until the returned function is called. May call it with the
   * same more than once.
   * @param firstLookMs when to look first; also looked at as soon as the news can be heard, when they could not yet.
   */
  watch(jobId: string, firstLookMs: number, onSeen: (seen: SeenPurchase) => void): () => void
}

export interface PurchaseWatchOptions {
  feed: OutcomeFeed
  /** @throws for a bug only. */
  look: (jobId: string) => Promise<FoundPurchase>
  /** Time between two looks at a purchase, on average. */
  lookEveryMs?: number
}

const lookEveryMsDefault = 2_000
const looksPerSMax = 1_000
const tickMs = 50
const looksPerTickMax = (looksPerSMax * tickMs) / 1_000

interface Watched {
  jobId: string
  onSeen: (seen: SeenPurchase) => void
  nextLookAtMs: number
  looking: boolean
}

export const openPurchaseWatches = (options: PurchaseWatchOptions): PurchaseWatches => {
  const { feed, look, lookEveryMs = lookEveryMsDefault } = options
  // The one looked at longest ago comes first.
  const watched = new Set<Watched>()
  let timer: NodeJS.Timeout | undefined
  let kicked = false

  /** Not all at the same moment. */
  const nextLook = (): number => performance.now() + lookEveryMs * (0.75 + Math.random() / 2)

  const lookAt = async (one: Watched): Promise<void> => {
    one.looking = true
    one.nextLookAtMs = nextLook()
    // A bug shows itself where the request began, which looked as well; here the next look may get through.
    const found = await look(one.jobId).catch(() => undefined)
    one.looking = false
    if (found && watched.has(one)) one.onSeen(found)
  }

  const tick = (): void => {
    const nowMs = performance.now()
    const due: Watched[] = []
    for (const one of watched) {
      if (due.length === looksPerTickMax) break
      if (!one.looking && one.nextLookAtMs <= nowMs) due.push(one)
    }
    for (const one of due) {
      watched.delete(one)
      watched.add(one)
      void lookAt(one)
    }
  }
  /** Looks without waiting for the next tick. */
  const kick = (): void => {
    if (kicked) return
    kicked = true
    setImmediate(() => {
      kicked = false
      tick()
    })
  }

  return {
    watch: (jobId, firstLookMs, onSeen) => {
      const one: Watched = { jobId, onSeen, nextLookAtMs: performance.now() + firstLookMs, looking: false }
      const lookSoon = (): void => {
        one.nextLookAtMs = 0
        kick()
      }
      const stopFollowing = feed.follow(jobId, {
        onSettled: (view) => (view ? onSeen({ kind: 'told', view }) : lookSoon()),
        onGap: lookSoon,
      })
      watched.add(one)
      timer ??= setInterval(tick, tickMs)
      if (firstLookMs === 0) kick()
      return () => {
        stopFollowing()
        watched.delete(one)
        if (watched.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}

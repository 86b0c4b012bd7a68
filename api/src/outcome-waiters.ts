import type { PurchaseView } from '@flash-sale/shared/contract/purchase.ts'
import { isOutcome } from './purchase-view.ts'
import type { PurchaseWatches } from './purchase-watch.ts'

export interface OutcomeWait {
  /**
   * Waits for the outcome, also for one that was told since the wait began.
   * @param waitMs longest wait, from now on.
   * @returns the view with the outcome, `pending` when there was none in time or this process is stopping.
   */
  within(waitMs: number): Promise<PurchaseView | 'pending'>
  /** For a purchase that may have had its outcome before the wait began. */
  lookSoon(): void
}

/** Requests that are held until their purchase has its outcome. */
export interface OutcomeWaiters {
  /**
   * Begins to listen for the outcome of a purchase; nothing is missed when this comes before it is added or looked at.
   * @param gone ends it: aborts when the request was answered, or nobody wants the answer any more.
   * @returns undefined when as many wait already as may, or this process is stopping.
   */
  begin(jobId: string, gone: AbortSignal): OutcomeWait | undefined
}

export interface OutcomeWaitersOptions {
  watches: PurchaseWatches
  /** Aborts when this process is told to stop. */
  closing: AbortSignal
  waitersMax: number
  /** How often to look at what is waited for although no news came, on average. */
  lookEveryMs: number
}

export const openOutcomeWaiters = (options: OutcomeWaitersOptions): OutcomeWaiters => {
  const { watches, closing, waitersMax, lookEveryMs } = options
  let waiting = 0

  const begin: OutcomeWaiters['begin'] = (jobId, gone) => {
    if (waiting >= waitersMax || closing.aborted || gone.aborted) return undefined
    waiting += 1
    const { promise, resolve } = Promise.withResolvers<PurchaseView | 'pending'>()
    let timer: NodeJS.Timeout | undefined
    let ended = false

    const end = (result: PurchaseView | 'pending'): void => {
      if (ended) return
      ended = true
      watch.stop()
      clearTimeout(timer)
      closing.removeEventListener('abort', giveUp)
      gone.removeEventListener('abort', giveUp)
      waiting -= 1
      resolve(result)
    }
    const giveUp = (): void => end('pending')
    const watch = watches.watch(jobId, lookEveryMs, (seen) => {
      if ('view' in seen && isOutcome(seen.view.status)) end(seen.view)
    })
    closing.addEventListener('abort', giveUp)
    gone.addEventListener('abort', giveUp)

    return {
      within: (waitMs) => {
        if (!ended) timer = setTimeout(giveUp, waitMs)
        return promise
      },
      lookSoon: () => {
        if (!ended) watch.lookSoon()
      },
    }
  }
  return { begin }
}

import type { PurchaseView } from '@flash-sale/shared/contract/purchase.ts'
import { isOutcome } from './purchase-view.ts'
import type { PurchaseWatches } from './purchase-watch.ts'

/** Requests that are held until their purchase has its outcome. */
export interface OutcomeWaiters {
  /**
   * Waits for the outcome of a purchase.
   * @param waitMs longest wait.
   * @param firstLookMs see `PurchaseWatches`.
   * @param gone aborts when nobody wants the answer any more.
   * @returns the view with the outcome, `pending` when there was none in time or this process is stopping, `full` at once
   * when as many wait already as may.
   */
  wait(
    jobId: string,
    options: { waitMs: number; firstLookMs: number; gone: AbortSignal },
  ): Promise<PurchaseView | 'pending' | 'full'>
}

export interface OutcomeWaitersOptions {
  watches: PurchaseWatches
  /** Aborts when this process is told to stop. */
  closing: AbortSignal
  waitersMax: number
}

export const openOutcomeWaiters = ({
  watches,
  closing,
  waitersMax,
}: OutcomeWaitersOptions): OutcomeWaiters => {
  let waiting = 0

  const wait: OutcomeWaiters['wait'] = (jobId, { waitMs, firstLookMs, gone }) => {
    if (waiting >= waitersMax || closing.aborted) return Promise.resolve('full')
    waiting += 1
    return new Promise((resolve) => {
      const end = (result: PurchaseView | 'pending'): void => {
        stop()
        clearTimeout(timer)
        closing.removeEventListener('abort', giveUp)
        gone.removeEventListener('abort', giveUp)
        waiting -= 1
        resolve(result)
      }
      const giveUp = (): void => end('pending')
      const stop = watches.watch(jobId, firstLookMs, (seen) => {
        if ('view' in seen && isOutcome(seen.view.status)) end(seen.view)
      })
      const timer = setTimeout(giveUp, waitMs)
      closing.addEventListener('abort', giveUp)
      gone.addEventListener('abort', giveUp)
      if (gone.aborted) giveUp()
    })
  }
  return { wait }
}

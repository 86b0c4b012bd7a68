/** Answers that are held for the outcome, as `Prefer: wait` asks (RFC 7240). */
import type { PurchaseView } from '@flash-sale/shared/contract/purchase.ts'
import type { Request, Response } from 'express'
import type { AddressShare } from './address-share.ts'
import type { FoundPurchase } from './find-purchase.ts'
import type { OutcomeWait, OutcomeWaiters } from './outcome-waiters.ts'
import { preferredWaitS } from './prefer-wait.ts'
import { type Accepted, sendAccepted, sendOutcome } from './purchase-answer.ts'
import { isOutcome } from './purchase-view.ts'

/** What a request has that wants to wait. */
export interface Hold {
  waitS: number
  /** Undefined: as many wait already as may, in all or of its address, so it is answered at once. */
  wait: OutcomeWait | undefined
}

export interface HeldPurchases {
  /**
   * Begins to listen, for a request that wants to wait: before its purchase is added or looked at, so that no news of it
   * come in between. Ends with the answer, whatever that is.
   * @returns undefined when it does not want to.
   */
  begin(request: Request, response: Response, jobId: string): Hold | undefined
  /** Answers a POST whose purchase was accepted: with its outcome, or 202 when its time is over. */
  post(response: Response, accepted: Accepted, hold: Hold): Promise<void>
  /** Answers a GET: with the outcome, or with what is known when its time is over. */
  get(response: Response, seen: PurchaseView, hold: Hold): Promise<void>
}

const setApplied = (response: Response, { waitS }: Hold): void => {
  response.setHeader('Preference-Applied', `wait=${waitS}`)
}

/** Aborts when the client was answered or has left. */
const goneOf = (response: Response): AbortSignal => {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  if (response.destroyed) gone.abort()
  return gone.signal
}

export interface HeldPurchaseOptions {
  waiters: OutcomeWaiters
  look: (jobId: string) => Promise<FoundPurchase>
  /** Who has its whole share is answered at once, as everybody is when too many wait. */
  share: AddressShare
}

export const heldPurchases = ({ waiters, look, share }: HeldPurchaseOptions): HeldPurchases => ({
  begin: (request, response, jobId) => {
    const waitS = preferredWaitS(request)
    if (waitS === undefined) return undefined
    return { waitS, wait: share.take(response) ? waiters.begin(jobId, goneOf(response)) : undefined }
  },

  post: async (response, accepted, hold) => {
    // One that is new has no outcome that was not told; one that was there may have had it long ago.
    if (accepted.replayed) hold.wait?.lookSoon()
    const result = (await hold.wait?.within(hold.waitS * 1_000)) ?? 'pending'
    if (response.destroyed) return
    if (hold.wait) setApplied(response, hold)
    if (result === 'pending' || !isOutcome(result.status)) return sendAccepted(response, accepted)
    sendOutcome(response, accepted, result.status, result)
  },

  get: async (response, seen, hold) => {
    const result = isOutcome(seen.status) ? seen : await hold.wait?.within(hold.waitS * 1_000)
    if (response.destroyed) return
    if (!result) return void response.json(seen)
    setApplied(response, hold)
    if (result !== 'pending') return void response.json(result)
    const found = await look(seen.jobId)
    response.json(found.kind === 'found' ? found.view : seen)
  },
})

/** Answers that are held for the outcome, as `Prefer: wait` asks (RFC 7240). */
import type { PurchaseView } from '@flash-sale/shared/contract/purchase.ts'
import type { Response } from 'express'
import type { AddressShare } from './address-share.ts'
import type { FoundPurchase } from './find-purchase.ts'
import type { OutcomeWaiters } from './outcome-waiters.ts'
import { type Accepted, sendAccepted, sendOutcome } from './purchase-answer.ts'
import { isOutcome } from './purchase-view.ts'

export interface HeldPurchases {
  /** Answers a POST whose purchase was accepted: with its outcome, or 202 after `waitS` seconds. */
  post(response: Response, accepted: Accepted, waitS: number): Promise<void>
  /** Answers a GET: with the outcome, or after `waitS` seconds with what is known then. */
  get(response: Response, seen: PurchaseView, waitS: number): Promise<void>
}

/** A purchase that has just been accepted has no outcome yet, and the news come sooner than a look would. */
const acceptedFirstLookMs = 250

const setApplied = (response: Response, waitS: number): void => {
  response.setHeader('Preference-Applied', `wait=${waitS}`)
}

/** Aborts when the client leaves, or was answered. */
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
  post: async (response, accepted, waitS) => {
    const result = share.take(response)
      ? await waiters.wait(accepted.jobId, {
          waitMs: waitS * 1_000,
          firstLookMs: accepted.replayed ? 0 : acceptedFirstLookMs,
          gone: goneOf(response),
        })
      : 'full'
    if (response.destroyed) return
    if (result !== 'full') setApplied(response, waitS)
    if (typeof result === 'string' || !isOutcome(result.status)) return sendAccepted(response, accepted)
    sendOutcome(response, accepted, result.status, result)
  },

  get: async (response, seen, waitS) => {
    const wait = () =>
      share.take(response)
        ? waiters.wait(seen.jobId, { waitMs: waitS * 1_000, firstLookMs: 0, gone: goneOf(response) })
        : ('full' as const)
    const result = isOutcome(seen.status) ? seen : await wait()
    if (response.destroyed) return
    if (result !== 'full') setApplied(response, waitS)
    if (result === 'full') return void response.json(seen)
    if (result !== 'pending') return void response.json(result)
    const found = await look(seen.jobId)
    response.json(found.kind === 'found' ? found.view : seen)
  },
})

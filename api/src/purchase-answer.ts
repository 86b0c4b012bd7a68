/** How a purchase is answered: accepted, with its outcome, or not at all. */
import type { ProblemCode } from '@flash-sale/shared/contract/problem.ts'
import type { Outcome, PurchaseAccepted, PurchaseView } from '@flash-sale/shared/contract/purchase.ts'
import type { Response } from 'express'
import type { FoundPurchase } from './find-purchase.ts'
import { sendProblem } from './problem-answer.ts'
import { pollAfterMs } from './purchase-view.ts'

export interface Accepted {
  jobId: string
  replayed: boolean
  /** When its outcome is expected, where that is known. */
  etaMs?: number | undefined
}

const sendJson = (response: Response, status: number, body: unknown): void => {
  response.statusCode = status
  response.setHeader('Content-Type', 'application/json; charset=utf-8')
  response.end(JSON.stringify(body))
}

const setReplayed = (response: Response, { replayed }: Accepted): void => {
  if (replayed) response.setHeader('Idempotency-Replayed', 'true')
}

/** 202: the outcome is to be had at `Location`. */
export const sendAccepted = (response: Response, accepted: Accepted): void => {
  const { jobId, etaMs } = accepted
  const statusUrl = `/purchases/${jobId}`
  const body: PurchaseAccepted = { jobId, status: 'queued', statusUrl, pollAfterMs: pollAfterMs(0, etaMs) }
  response.setHeader('Location', statusUrl)
  // Whole seconds are all that the header can say; clients that read the body ask sooner.
  response.setHeader('Retry-After', String(Math.max(1, Math.round(body.pollAfterMs / 1_000))))
  setReplayed(response, accepted)
  sendJson(response, 202, body)
}

const refusals: Readonly<Record<Exclude<Outcome, 'confirmed'>, { code: ProblemCode; detail: string }>> = {
  sold_out: { code: 'sold-out', detail: 'fewer units were left than this purchase asked for' },
  limit_reached: { code: 'limit-reached', detail: 'with it the customer would have more than one may buy' },
  not_on_sale: { code: 'not-on-sale', detail: 'the sale was not open at its turn' },
  failed: { code: 'purchase-failed', detail: 'it cannot be settled as it is: send a new one' },
}

/** Answers a POST whose purchase has its outcome: 201 with the order at `Location`, else 409. */
export const sendOutcome = (
  response: Response,
  accepted: Accepted,
  outcome: Outcome,
  view: PurchaseView,
): void => {
  setReplayed(response, accepted)
  if (outcome !== 'confirmed') {
    sendProblem(response, { ...refusals[outcome], jobId: accepted.jobId })
    return
  }
  response.setHeader('Location', `/orders/${view.orderId}`)
  sendJson(response, 201, view)
}

/** 404; the same for what is not for the caller to see. */
export const sendUnknownPurchase = (response: Response, jobId: string): void => {
  const shown = JSON.stringify(jobId.slice(0, 40))
  sendProblem(response, { code: 'unknown-purchase', detail: `there is no purchase ${shown}` })
}

/** Answers for a purchase that was not found, or perhaps only not now. */
export const sendNotFound = (
  response: Response,
  jobId: string,
  { kind }: Exclude<FoundPurchase, { kind: 'found' }>,
): void => {
  if (kind === 'unknown') sendUnknownPurchase(response, jobId)
  else
    sendProblem(response, {
      code: kind,
      detail: 'the store that may know this purchase cannot be asked now: ask again',
    })
}

/** `GET /purchases/:jobId/events`: the status of a purchase as Server-Sent Events, until its outcome. */
import type { PurchaseView } from '@flash-sale/shared/contract/purchase.ts'
import type { RequestHandler, Response } from 'express'
import { type AddressShare, noMoreStreams } from './address-share.ts'
import { callerOf, maySee, validUntilMsOf } from './caller.ts'
import { eventStreamHeaders, openEventStream } from './event-stream.ts'
import type { FoundPurchase } from './find-purchase.ts'
import { sendProblem } from './problem-answer.ts'
import { sendNotFound, sendUnknownPurchase } from './purchase-answer.ts'
import { isOutcome, withPlace } from './purchase-view.ts'
import type { PurchaseWatches, SeenPurchase } from './purchase-watch.ts'
import type { QueueLoad } from './queue-load.ts'

export interface PurchaseEventsOptions {
  watches: PurchaseWatches
  look: (jobId: string) => Promise<FoundPurchase>
  load: Pick<QueueLoad, 'placeOf'>
  /** Aborts when this process is told to stop. */
  closing: AbortSignal
  streamsMax: number
  /** Of the streams, those of products included. */
  share: AddressShare
}

type Known = Extract<FoundPurchase, { kind: 'found' }>

const estimateEveryMs = 1_000
/** No news tell that a purchase was taken or is being settled. */
const lookEveryMs = 2_000
/** The part by which an estimate has to change to be worth an event. */
const noticeable = 0.05

const isNoticeable = (before: number | undefined, now: number | undefined): boolean =>
  before === undefined || now === undefined
    ? before !== now
    : Math.abs(now - before) > noticeable * Math.max(1, before)

/** Whether the place of a purchase is worth another event. */
export const placeChanged = (before: PurchaseView, now: PurchaseView): boolean =>
  isNoticeable(before.aheadEstimate, now.aheadEstimate) || isNoticeable(before.etaMs, now.etaMs)

/** @returns what shows whatever is seen of it afterwards. */
const openStream = (
  response: Response,
  first: Known,
  { load, closing }: PurchaseEventsOptions,
): ((seen: SeenPurchase) => void) => {
  const stream = openEventStream(response, { validUntilMs: validUntilMsOf(callerOf(response)) })
  let known: Pick<Known, 'view' | 'ticket'> = first
  let sent: PurchaseView | undefined

  const send = (view: PurchaseView): void => {
    sent = view
    stream.send({ event: 'status', id: view.status, data: view })
    if (isOutcome(view.status)) stream.end()
  }
  const show = (seen: SeenPurchase): void => {
    // Lost with Redis: whoever comes back is told so.
    if (seen.kind === 'unknown') stream.end()
    if (!('view' in seen) || response.writableEnded) return
    known = seen
    if (seen.view.status !== sent?.status) send(seen.view)
  }
  const showPlace = (): void => {
    const now = withPlace(known.view, load.placeOf(known.ticket), Date.now())
    if (sent && now.status === sent.status && placeChanged(sent, now)) send(now)
  }

  show(first)
  if (isOutcome(first.view.status)) return show
  const estimates = setInterval(showPlace, estimateEveryMs)
  closing.addEventListener('abort', stream.end)
  response.once('close', () => {
    clearInterval(estimates)
    closing.removeEventListener('abort', stream.end)
  })
  return show
}

/** The route's handler. What is wrong is answered as a problem before the stream begins. */
export const purchaseEvents = (options: PurchaseEventsOptions): RequestHandler<{ jobId: string }> => {
  let open = 0
  return async (request, response) => {
    const jobId = request.params.jobId.toLowerCase()
    const lastEventId = request.headers['last-event-id']
    // The one answer at which an EventSource does not come back.
    if (typeof lastEventId === 'string' && isOutcome(lastEventId)) return void response.status(204).end()
    if (open >= options.streamsMax || options.closing.aborted) {
      const detail = 'this api has as many event streams as it can serve: poll, or come back later'
      return sendProblem(response, { code: 'overloaded', detail })
    }
    if (!options.share.take(response)) return sendProblem(response, noMoreStreams)
    open += 1
    let told: SeenPurchase | undefined
    let onSeen = (seen: SeenPurchase): void => {
      if (seen.kind === 'told') told = seen
    }
    // Before the look, so that no news come between the two.
    const watch = options.watches.watch(jobId, lookEveryMs, (seen) => onSeen(seen))
    response.once('close', () => {
      open -= 1
      watch.stop()
    })
    const found = await options.look(jobId)
    if (response.destroyed) return
    if (found.kind !== 'found') return sendNotFound(response, jobId, found)
    if (!maySee(callerOf(request), found.customerId)) return sendUnknownPurchase(response, jobId)
    // There is nothing to wait for: no event is ever sent.
    if (request.method === 'HEAD') return void response.writeHead(200, eventStreamHeaders).end()
    onSeen = openStream(response, found, options)
    if (told) onSeen(told)
  }
}

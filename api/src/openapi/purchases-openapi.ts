import { idempotencyKeySchema } from '@flash-sale/shared/contract/purchase.ts'
import { z } from 'zod'
import { purchaseAccepted, purchaseRequest, purchaseView, tokenPurchaseRequest } from './named-schemas.ts'
import type { RouteDescription } from './route-description.ts'

const tag = 'Purchases'

const prefer = z
  .string()
  .optional()
  .meta({
    description:
      '`wait=N`: hold the answer for the outcome, for N seconds at most (RFC 7240); more than 30 counts as 30. ' +
      'Answered at once when as many are held already as may be, in all or for one address. Whatever else it says is ignored.',
    examples: ['wait=10'],
  })

const buy: RouteDescription = {
  method: 'post',
  path: '/purchases',
  id: 'buy',
  tag,
  summary: 'Buy',
  description:
    'Takes a purchase into the queue, or refuses it at the door. A 202 is not yet an outcome: ask for it at ' +
    '`statusUrl`, or send `Prefer: wait=N` to be answered with it. A 409 with a `jobId` is an outcome, and stays; one ' +
    'without is a refusal at the door, and the purchase may be sent again. With `AUTH_MODE=none` the body names the ' +
    'customer; with `AUTH_MODE=jwt` the token does, and the body must not.',
  access: 'customer',
  headers: z.object({
    'Idempotency-Key': idempotencyKeySchema.optional().meta({
      description:
        'Makes it safe to send the purchase again: one customer and key are one purchase. Chosen by the client, a new ' +
        'one for each purchase. After a 503 or no answer at all, send it again with the same key.',
      examples: ['7c0a3c5e-9b1f-4a8e-8a68-0c6f0d3f2a10'],
    }),
    Prefer: prefer,
  }),
  body: {
    schema: z.union([purchaseRequest, tokenPurchaseRequest]),
    examples: {
      one: { productId: 1, customerId: 'c-17' },
      two: { productId: 1, customerId: 'c-17', quantity: 2 },
      'with a token': { productId: 1, quantity: 2 },
    },
  },
  answers: {
    201: {
      description: 'Only with `Prefer: wait`: confirmed. The order is at `Location`.',
      schema: purchaseView,
      headers: ['Location', 'Preference-Applied', 'Idempotency-Replayed'],
    },
    202: {
      description:
        'Accepted, now or by an earlier call with the same key; it waits for its outcome, or was not asked to be ' +
        'answered with it.',
      schema: purchaseAccepted,
      headers: ['Location', 'Retry-After', 'Preference-Applied', 'Idempotency-Replayed'],
    },
  },
  problems: [
    'forbidden',
    'sale-not-open',
    'strategy-not-allowed',
    'unknown-product',
    'sold-out',
    'limit-reached',
    'not-on-sale',
    'purchase-failed',
    'idempotency-key-reused',
    'queue-unavailable',
    'outcome-unknown',
    'queue-full',
    'overloaded',
    'database-unavailable',
  ],
  problemHeaders: { 409: ['Preference-Applied', 'Idempotency-Replayed'] },
}

const jobParams = z.object({
  jobId: z.string().meta({
    description: 'The `jobId` with which the purchase was accepted.',
    examples: ['019ac0e6-3f80-7d2c-9c55-0f3a1f6f2b11'],
  }),
})

const see: RouteDescription = {
  method: 'get',
  path: '/purchases/{jobId}',
  id: 'readPurchase',
  tag,
  summary: 'Where a purchase is, or how it ended',
  description:
    'Ask again after `pollAfterMs` until there is an outcome, which then stays for ever; or send `Prefer: wait=N`.',
  access: 'customer',
  params: jobParams,
  headers: z.object({ Prefer: prefer }),
  answers: {
    200: { description: 'What is known of it.', schema: purchaseView, headers: ['Preference-Applied'] },
  },
  problems: ['unknown-purchase', 'queue-unavailable', 'database-unavailable'],
}

const exampleEvent = {
  jobId: '019ac0e6-3f80-7d2c-9c55-0f3a1f6f2b12',
  productId: 1,
  quantity: 1,
  status: 'queued',
  acceptedAt: '2030-01-31T18:00:00.120Z',
  aheadEstimate: 412,
  etaMs: 640,
  pollAfterMs: 320,
}

const follow: RouteDescription = {
  method: 'get',
  path: '/purchases/{jobId}/events',
  id: 'followPurchase',
  tag,
  summary: 'A purchase, as Server-Sent Events until its outcome',
  description:
    'Each event is called `status`, its `id` is the status and its `data` a `Purchase`: one now, one at every change, and ' +
    'one when the place in the queue has changed noticeably, at most once a second. A comment comes every 15 s. The ' +
    'stream ends with the outcome, when the api stops, with the token that opened it and after 15 minutes: connect ' +
    'again, to any api. 429: this address has as many streams open as it may; poll.',
  access: 'customer',
  params: jobParams,
  headers: z.object({
    'Last-Event-ID': z
      .string()
      .optional()
      .meta({
        description: 'The `id` of the last event that was seen. With an outcome: 204.',
        examples: ['queued'],
      }),
  }),
  answers: {
    200: {
      description: 'The events.',
      text: {
        mediaType: 'text/event-stream',
        example: `retry: 1000\n\nevent: status\nid: queued\ndata: ${JSON.stringify(exampleEvent)}\n\n`,
      },
    },
    204: { description: 'The outcome has been seen already: do not come back.' },
  },
  problems: ['unknown-purchase', 'overloaded', 'queue-unavailable', 'database-unavailable'],
}

export const purchaseRoutes: readonly RouteDescription[] = [buy, see, follow]

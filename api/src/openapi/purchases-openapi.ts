import { idempotencyKeySchema } from '@flash-sale/shared/contract/purchase.ts'
import { z } from 'zod'
import { purchaseAccepted, purchaseRequest, purchaseView } from './named-schemas.ts'
import type { RouteDescription } from './route-description.ts'

const tag = 'Purchases'

const buy: RouteDescription = {
  method: 'post',
  path: '/purchases',
  id: 'buy',
  tag,
  summary: 'Buy',
  description:
    'Takes a purchase into the queue, or refuses it at the door. A 202 is not yet an outcome: ask for it at ' +
    '`statusUrl`.',
  access: 'customer',
  headers: z.object({
    'Idempotency-Key': idempotencyKeySchema.optional().meta({
      description:
        'Makes it safe to send the purchase again: one customer and key are one purchase. Chosen by the client, a new ' +
        'one for each purchase. After a 503 or no answer at all, send it again with the same key.',
      examples: ['7c0a3c5e-9b1f-4a8e-8a68-0c6f0d3f2a10'],
    }),
  }),
  body: {
    schema: purchaseRequest,
    examples: {
      one: { productId: 1, customerId: 'c-17' },
      two: { productId: 1, customerId: 'c-17', quantity: 2 },
    },
  },
  answers: {
    202: {
      description: 'Accepted, now or by an earlier call with the same key; it waits for its outcome.',
      schema: purchaseAccepted,
      headers: ['Location', 'Retry-After', 'Idempotency-Replayed'],
    },
  },
  problems: [
    'sale-not-open',
    'strategy-not-allowed',
    'unknown-product',
    'sold-out',
    'idempotency-key-reused',
    'queue-unavailable',
    'outcome-unknown',
    'queue-full',
    'overloaded',
    'database-unavailable',
  ],
}

const see: RouteDescription = {
  method: 'get',
  path: '/purchases/{jobId}',
  id: 'readPurchase',
  tag,
  summary: 'Where a purchase is, or how it ended',
  description: 'Ask again after `pollAfterMs` until there is an outcome, which then stays for ever.',
  access: 'customer',
  params: z.object({
    jobId: z.string().meta({
      description: 'The `jobId` with which the purchase was accepted.',
      examples: ['019ac0e6-3f80-7d2c-9c55-0f3a1f6f2b11'],
    }),
  }),
  answers: { 200: { description: 'What is known of it.', schema: purchaseView } },
  problems: ['unknown-purchase', 'queue-unavailable', 'database-unavailable'],
}

export const purchaseRoutes: readonly RouteDescription[] = [buy, see]

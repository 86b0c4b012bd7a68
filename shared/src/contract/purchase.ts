/**
 * The HTTP contract of a purchase: what a client sends, what it is answered.
 * `loadtest` and other clients import only the types from here; the api validates with the schemas.
 */
import { z } from 'zod'
import { productIdSchema, quantityMax } from './product.ts'

/** How a purchase ended. Closed: a new member is a change of the contract. */
export const outcomes = ['confirmed', 'sold_out', 'limit_reached', 'not_on_sale', 'failed'] as const
export type Outcome = (typeof outcomes)[number]

/** Where a purchase is until it has an outcome, in this order. */
export const pendingStatuses = ['queued', 'waiting_for_lock', 'settling'] as const
export type PendingStatus = (typeof pendingStatuses)[number]

export type PurchaseStatus = PendingStatus | Outcome

/** `locked` is the engine; `naive` is the read-check-write that oversells, for demo products only. */
export const strategies = ['locked', 'naive'] as const
export type Strategy = (typeof strategies)[number]

const customerIdLengthMax = 128

/** Text that every layer (JSON, Redis, Postgres' UTF-8, a log line) carries unchanged. */
const plainText = (value: string): boolean => value.isWellFormed() && !/\p{Cc}/u.test(value)

export const customerIdSchema = z
  .string()
  .min(1)
  .max(customerIdLengthMax)
  .refine(plainText, 'expected text without control characters and lone surrogates')

/** Body of `POST /purchases`. Unknown fields are refused. */
export const purchaseRequestSchema = z.strictObject({
  productId: productIdSchema,
  customerId: customerIdSchema,
  quantity: z.int().min(1).max(quantityMax).default(1),
  strategy: z.enum(strategies).optional(),
})
export type PurchaseRequest = z.infer<typeof purchaseRequestSchema>

/** The same where `AUTH_MODE=jwt`: the token says who buys. */
export const tokenPurchaseRequestSchema = purchaseRequestSchema.extend({
  customerId: z
    .unknown()
    .refine((value) => value === undefined, 'expected no customerId: the customer is the sub of the token')
    .optional(),
})

/**
 * Header `Idempotency-Key` of `POST /purchases`: optional, chosen by the client, a new one for each purchase (a random
 * UUID is right), kept for as long as the same purchase is sent again. It belongs to the customer: two customers may use
 * the same key. It is taken as it stands, quotation marks included.
 *
 * One customer and key are one purchase, however often and wherever it is sent, also when an answer was lost, when both
 * arrive at once, when Redis has forgotten the job or has lost everything. Sent again it is answered 202 with the same
 * `jobId` and the header `Idempotency-Replayed: true`; with another product, quantity or strategy, 422
 * `idempotency-key-reused`. A purchase that was refused or not accepted (every other status from 400) may be sent again
 * with its key; what has an outcome (a problem with a `jobId`) keeps it. After 503 and after no answer at all it must be, else it could become two.
 *
 * Remembered for ever once there is an outcome, and until then as long as Redis keeps the job. While Postgres cannot be
 * asked, only what is in Redis is recognised: of an older purchase the answer then lacks `Idempotency-Replayed` and
 * another payload is not refused. The first outcome stays the only one in any case.
 */
export const idempotencyKeySchema = z.string().regex(/^[ -~]{1,255}$/)

/** What a purchase is known by everywhere: a UUID of version 7 or 8. */
const jobIdSchema = z.uuid()

/** Answer 202 of `POST /purchases`; with `Idempotency-Replayed: true` when it was accepted before. */
export const purchaseAcceptedSchema = z
  .object({
    jobId: jobIdSchema,
    status: z
      .literal('queued')
      .describe('What it was accepted as; a purchase that was accepted before may have its outcome already.'),
    statusUrl: z.string().describe('Where to poll; the same as the `Location` header.'),
    pollAfterMs: z.int().min(0).describe('When to poll first, in milliseconds from now.'),
  })
  .meta({
    description: 'A purchase that waits for its outcome.',
    examples: [
      {
        jobId: '019ac0e6-3f80-7d2c-9c55-0f3a1f6f2b11',
        status: 'queued',
        statusUrl: '/purchases/019ac0e6-3f80-7d2c-9c55-0f3a1f6f2b11',
        pollAfterMs: 250,
      },
    ],
  })
export type PurchaseAccepted = z.infer<typeof purchaseAcceptedSchema>

/** Answer 200 of `GET /purchases/:jobId`. Times are ISO 8601 in UTC. */
export const purchaseViewSchema = z
  .object({
    jobId: jobIdSchema,
    productId: productIdSchema,
    quantity: z.int().min(1).max(quantityMax),
    status: z
      .enum([...pendingStatuses, ...outcomes])
      .describe(
        'Where it is: `queued` (waiting in the queue), then `waiting_for_lock` (a worker has it), `settling` ' +
          '(being decided), and then, for ever, its outcome.',
      ),
    orderId: z.union([z.int(), z.string()]).optional().describe('Only when `status` is `confirmed`.'),
    acceptedAt: z.iso.datetime(),
    settledAt: z.iso.datetime().optional(),
    queueWaitMs: z.number().min(0).optional().describe('From acceptance until a worker took the job.'),
    lockWaitMs: z
      .number()
      .min(0)
      .optional()
      .describe("From there until the product's lock was granted for the batch of this purchase."),
    settleMs: z.number().min(0).optional().describe('The stock transaction of the batch.'),
    batchSize: z
      .int()
      .min(1)
      .optional()
      .describe('How many purchases were settled together with this one, itself included.'),
    aheadEstimate: z
      .int()
      .min(0)
      .optional()
      .describe(
        'While there is no outcome, where known: how many purchases will be settled before this one, of whatever ' +
          'product. An estimate, which does not grow under steady load.',
      ),
    etaMs: z
      .int()
      .min(0)
      .optional()
      .describe(
        "With `aheadEstimate`, where the queue's speed is known: in how many milliseconds its outcome is expected.",
      ),
    pollAfterMs: z
      .int()
      .min(0)
      .optional()
      .describe('When to poll again, in milliseconds; absent once there is an outcome.'),
  })
  .meta({
    description: 'Where a purchase is, or how it ended. Times are ISO 8601 in UTC.',
    examples: [
      {
        jobId: '019ac0e6-3f80-7d2c-9c55-0f3a1f6f2b11',
        productId: 1,
        quantity: 1,
        status: 'confirmed',
        orderId: 1001,
        acceptedAt: '2030-01-31T18:00:00.120Z',
        settledAt: '2030-01-31T18:00:00.161Z',
        queueWaitMs: 12,
        lockWaitMs: 23,
        settleMs: 6,
        batchSize: 87,
      },
      {
        jobId: '019ac0e6-3f80-7d2c-9c55-0f3a1f6f2b12',
        productId: 1,
        quantity: 1,
        status: 'queued',
        acceptedAt: '2030-01-31T18:00:00.120Z',
        aheadEstimate: 412,
        etaMs: 640,
        pollAfterMs: 250,
      },
    ],
  })
export type PurchaseView = z.infer<typeof purchaseViewSchema>

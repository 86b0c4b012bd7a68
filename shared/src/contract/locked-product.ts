/** The HTTP contract of a product on the lock page: its lock, who waits, how fast it goes, what came of it. */
import { z } from 'zod'
import { productIdSchema, saleStatuses } from './product.ts'
import { outcomes } from './purchase.ts'

const countSchema = z.int().min(0)
const msSchema = z.number().min(0)

export const outcomeCountsSchema = z
  .object(
    Object.fromEntries(outcomes.map((outcome) => [outcome, countSchema])) as Record<
      (typeof outcomes)[number],
      typeof countSchema
    >,
  )
  .describe('Purchases by outcome, counted by the workers that live since they were started.')
export type OutcomeCounts = z.infer<typeof outcomeCountsSchema>

const invariantsSchema = z
  .object({
    at: z.iso.datetime(),
    ok: z.boolean(),
    broken: z.array(z.string()).describe('What does not hold, as `oversold: 3`; empty when all is well.'),
  })
  .describe('The last time that this api counted the invariants of the product; absent when it never did.')
export type Invariants = z.infer<typeof invariantsSchema>

export const productStateSchema = z.object({
  productId: productIdSchema,
  name: z.string().optional().describe('Absent, as the stock is, when Postgres has not answered for 6 s.'),
  stock: countSchema.optional(),
  initialStock: countSchema.optional(),
  saleStatus: z.enum(saleStatuses).optional(),
  invariants: invariantsSchema.optional(),
})
export type ProductState = z.infer<typeof productStateSchema>

const lockHolderSchema = z.object({
  worker: z.string().describe('The worker process: its name, a dash and eight random digits.'),
  purchases: countSchema.describe('Its batch had so many when the lease was granted.'),
  fencingToken: countSchema,
  heldMs: msSchema,
  leaseLeftMs: msSchema.describe('Until the lease ends, unless it is renewed.'),
})

const lockWaiterSchema = z.object({
  worker: z.string(),
  purchases: countSchema.describe('Its next batch would have so many.'),
  waitedMs: msSchema,
})

export const lockedProductSchema = productStateSchema.extend({
  holder: lockHolderSchema.optional().describe('Absent while the lock is free.'),
  waiters: z.array(lockWaiterSchema).max(50).describe('In order of service.'),
  waitersInLine: countSchema.describe('All of them.'),
  waitingPurchases: countSchema.describe('Purchases that wait for the lock in all workers.'),
  settlingPurchases: countSchema,
  depth: countSchema.describe(
    'Purchases that have no outcome yet, in the queue and with workers; estimated when more than 200 are in the queue.',
  ),
  settled: countSchema.describe('Purchases settled in the last minute by the workers that live.'),
  batches: countSchema.describe('In the last minute.'),
  settledPerS: z
    .number()
    .min(0)
    .optional()
    .describe(
      'Over the last ten seconds, or since the first batch; absent when there was none, within a second of the ' +
        'first, and when a worker settles more than 200 products and does not count this one.',
    ),
  emptyInMs: msSchema
    .optional()
    .describe('When all of `depth` are settled at that speed; absent while that is unknown.'),
  lockWaitMsP50: msSchema
    .optional()
    .describe(
      'Of the purchases of the last minute: half of them did not wait longer. At most a quarter too large, as p99 is. ' +
        'Absent as the speed is.',
    ),
  lockWaitMsP99: msSchema.optional(),
  outcomes: outcomeCountsSchema
    .optional()
    .describe('Absent when there is none, or a worker has settled more than 1,000 products before this one.'),
})
export type LockedProduct = z.infer<typeof lockedProductSchema>

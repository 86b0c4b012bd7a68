/** The HTTP contract of lists of settled purchases. What has no outcome yet is in the queue, and in no list. */
import { z } from 'zod'
import { orderIdSchema } from './order.ts'
import { productIdSchema, quantityMax } from './product.ts'
import { customerIdSchema, outcomes } from './purchase.ts'

/** How many purchases one page holds, at most and by default. */
const pageSize = { max: 100, default: 50 }

const cursorExample = 'AANPkL7ISW6AGawOY_gH0snFUPOh9vKx'

const pageQueryShape = {
  cursor: z
    .string()
    .refine((text) => /^A[A-P][\w-]{30}$/.test(text), 'expected the nextCursor of an answer')
    .optional()
    .meta({
      description: 'The `nextCursor` of an answer, sent with the same filters. Absent: the newest.',
      examples: [cursorExample],
    }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(pageSize.max)
    .default(pageSize.default)
    .meta({ description: 'How many purchases a page holds at most.', examples: [50] }),
  outcome: z
    .enum(outcomes)
    .optional()
    .meta({ description: 'Only purchases that ended so.', examples: ['confirmed'] }),
}

/** Query of `GET /customers/:customerId/purchases`. */
export const customerPurchasesQuerySchema = z.strictObject(pageQueryShape)

/** Query of `GET /admin/purchases`. */
export const adminPurchasesQuerySchema = z.strictObject({
  ...pageQueryShape,
  productId: z.coerce.number().pipe(productIdSchema).optional(),
  customerId: customerIdSchema
    .optional()
    .meta({ description: 'Only purchases of this customer.', examples: ['c-17'] }),
})

/** A purchase that has its outcome. Times are ISO 8601 in UTC. */
export const settledPurchaseSchema = z.object({
  jobId: z.uuid(),
  productId: z.int(),
  quantity: z.int().min(1).max(quantityMax),
  status: z.enum(outcomes),
  orderId: orderIdSchema.optional().describe('Only when `status` is `confirmed`.'),
  acceptedAt: z.iso.datetime(),
  settledAt: z.iso.datetime(),
})
export type SettledPurchase = z.infer<typeof settledPurchaseSchema>

const nextCursorSchema = z.string().optional().describe('For the next page; absent on the last one.')

const purchaseExample: SettledPurchase = {
  jobId: '019ac0e6-3f80-7d2c-9c55-0f3a1f6f2b11',
  productId: 1,
  quantity: 1,
  status: 'confirmed',
  orderId: 1001,
  acceptedAt: '2030-01-31T18:00:00.120Z',
  settledAt: '2030-01-31T18:00:00.161Z',
}

/**
 * Answer of `GET /customers/:customerId/purchases`, the last settled first. Every purchase that is settled when the first
 * page is asked for is on exactly one page, however many are settled meanwhile.
 */
export const purchaseListSchema = z
  .object({ purchases: z.array(settledPurchaseSchema), nextCursor: nextCursorSchema })
  .meta({
    description: 'Settled purchases, the last settled first. Times are ISO 8601 in UTC.',
    examples: [{ purchases: [purchaseExample], nextCursor: cursorExample }],
  })
export type PurchaseList = z.infer<typeof purchaseListSchema>

/** A purchase as admins see it. */
export const adminPurchaseSchema = settledPurchaseSchema.extend({
  customerId: z.string(),
  stockLeft: z.int().describe('Units that were left at its turn, before it was served.'),
})
export type AdminPurchase = z.infer<typeof adminPurchaseSchema>

/** Answer of `GET /admin/purchases`, as of a customer's list. */
export const adminPurchaseListSchema = z
  .object({ purchases: z.array(adminPurchaseSchema), nextCursor: nextCursorSchema })
  .meta({
    description: 'Settled purchases as admins see them, the last settled first. Times are ISO 8601 in UTC.',
    examples: [{ purchases: [{ ...purchaseExample, customerId: 'c-17', stockLeft: 63 }] }],
  })
export type AdminPurchaseList = z.infer<typeof adminPurchaseListSchema>

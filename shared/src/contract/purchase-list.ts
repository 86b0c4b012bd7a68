/** The HTTP contract of lists of settled purchases. What has no outcome yet is in the queue, and in no list. */
import { z } from 'zod'
import { orderIdSchema } from './order.ts'
import { productIdSchema, quantityMax } from './product.ts'
import { customerIdSchema, outcomes } from './purchase.ts'

/** How many purchases one page holds, at most and by default. */
const pageSize = { max: 100, default: 50 }

const pageQueryShape = {
  /** The `nextCursor` of an answer, sent with the same filters. Absent: the newest. */
  cursor: z
    .string()
    .refine((text) => /^A[A-P][\w-]{30}$/.test(text), 'expected the nextCursor of an answer')
    .optional(),
  limit: z.coerce.number().int().min(1).max(pageSize.max).default(pageSize.default),
  outcome: z.enum(outcomes).optional(),
}

/** Query of `GET /customers/:customerId/purchases`. */
export const customerPurchasesQuerySchema = z.strictObject(pageQueryShape)

/** Query of `GET /admin/purchases`. */
export const adminPurchasesQuerySchema = z.strictObject({
  ...pageQueryShape,
  productId: z.coerce.number().pipe(productIdSchema).optional(),
  customerId: customerIdSchema.optional(),
})

/** A purchase that has its outcome. Times are ISO 8601 in UTC. */
export const settledPurchaseSchema = z.strictObject({
  jobId: z.uuid(),
  productId: z.int(),
  quantity: z.int().min(1).max(quantityMax),
  status: z.enum(outcomes),
  /** Only when `status` is `confirmed`. */
  orderId: orderIdSchema.optional(),
  acceptedAt: z.iso.datetime(),
  settledAt: z.iso.datetime(),
})
export type SettledPurchase = z.infer<typeof settledPurchaseSchema>

/**
 * Answer of `GET /customers/:customerId/purchases`, the last settled first. Every purchase that is settled when the first
 * page is asked for is on exactly one page, however many are settled meanwhile.
 */
export const purchaseListSchema = z.strictObject({
  purchases: z.array(settledPurchaseSchema),
  /** For the next page; absent on the last one. */
  nextCursor: z.string().optional(),
})
export type PurchaseList = z.infer<typeof purchaseListSchema>

/** A purchase as admins see it. */
export const adminPurchaseSchema = settledPurchaseSchema.extend({
  customerId: z.string(),
  /** Units that were left at its turn, before it was served. */
  stockLeft: z.int(),
})
export type AdminPurchase = z.infer<typeof adminPurchaseSchema>

/** Answer of `GET /admin/purchases`, as of a customer's list. */
export const adminPurchaseListSchema = z.strictObject({
  purchases: z.array(adminPurchaseSchema),
  nextCursor: z.string().optional(),
})
export type AdminPurchaseList = z.infer<typeof adminPurchaseListSchema>

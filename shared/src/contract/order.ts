/** The HTTP contract of an order: what a confirmed purchase has created. */
import { z } from 'zod'
import { productIdSchema, quantityMax } from './product.ts'
import { customerIdSchema } from './purchase.ts'

/** A number where JSON carries it exactly, else its digits. */
export const orderIdSchema = z.union([z.int().min(1), z.string().regex(/^[1-9]\d{15,18}$/)])

/** Answer 200 of `GET /orders/:id`. Times are ISO 8601 in UTC. */
export const orderSchema = z.strictObject({
  orderId: orderIdSchema,
  /** Of the purchase. */
  jobId: z.uuid(),
  productId: productIdSchema,
  /** Shown to the customer and to admins only: order ids are numbers that others can guess. */
  customerId: customerIdSchema.optional(),
  quantity: z.int().min(1).max(quantityMax),
  createdAt: z.iso.datetime(),
})
export type Order = z.infer<typeof orderSchema>

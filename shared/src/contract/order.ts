/** The HTTP contract of an order: what a confirmed purchase has created. */
import { z } from 'zod'
import { productIdSchema, quantityMax } from './product.ts'
import { customerIdSchema } from './purchase.ts'

/** A number where JSON carries it exactly, else its digits. */
export const orderIdSchema = z.union([z.int().min(1), z.string().regex(/^[1-9]\d{15,18}$/)])

/** Answer 200 of `GET /orders/:id`. Times are ISO 8601 in UTC. */
export const orderSchema = z
  .object({
    orderId: orderIdSchema,
    jobId: z.uuid().describe('Of the purchase.'),
    productId: productIdSchema,
    customerId: customerIdSchema
      .optional()
      .describe(
        'Shown to the customer and to admins only, who have a token: order ids are numbers that others can guess.',
      ),
    quantity: z.int().min(1).max(quantityMax),
    createdAt: z.iso.datetime(),
  })
  .meta({
    description: 'What a confirmed purchase has created. Times are ISO 8601 in UTC.',
    examples: [
      {
        orderId: 1001,
        jobId: '019ac0e6-3f80-7d2c-9c55-0f3a1f6f2b11',
        productId: 1,
        customerId: 'c-17',
        quantity: 1,
        createdAt: '2030-01-31T18:00:00.161Z',
      },
    ],
  })
export type Order = z.infer<typeof orderSchema>

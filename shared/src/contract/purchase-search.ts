/** The HTTP contract of the admins' search for a purchase. */
import { z } from 'zod'
import { orderIdSchema } from './order.ts'
import { productIdSchema } from './product.ts'
import { customerIdSchema, outcomes, pendingStatuses } from './purchase.ts'

/** Query of `GET /admin/purchases/search`: a job id, the id of an order, or a customer. */
export const purchaseSearchQuerySchema = z.strictObject({ q: customerIdSchema })

const foundPurchaseSchema = z.object({
  jobId: z.uuid(),
  productId: productIdSchema,
  customerId: z.string(),
  quantity: z.int().min(1),
  status: z.enum([...pendingStatuses, ...outcomes]),
  orderId: orderIdSchema.optional(),
  acceptedAt: z.iso.datetime(),
  settledAt: z.iso.datetime().optional(),
  foundBy: z.enum(['job', 'order', 'customer']).describe('What `q` is of it.'),
  jobUrl: z.string().optional().describe('Its job on the dashboard; absent when the queue has forgotten it.'),
})
export type FoundPurchaseEntry = z.infer<typeof foundPurchaseSchema>

/** Answer of `GET /admin/purchases/search`. */
export const purchaseSearchSchema = z
  .object({
    q: z.string(),
    purchases: z
      .array(foundPurchaseSchema)
      .describe('What has this id, then what the customer bought: settled purchases, the newest 50.'),
    more: z.boolean().describe('The customer has more; see `GET /admin/purchases?customerId=`.'),
  })
  .meta({
    description: 'Purchases found by job id, order or customer.',
    examples: [
      {
        q: 'c-17',
        purchases: [
          {
            jobId: '019ac0e6-3f80-7d2c-9c55-0f3a1f6f2b11',
            productId: 1,
            customerId: 'c-17',
            quantity: 1,
            status: 'confirmed',
            orderId: 1001,
            acceptedAt: '2030-01-31T18:00:00.000Z',
            settledAt: '2030-01-31T18:00:00.240Z',
            foundBy: 'customer',
            jobUrl: '/admin/queues/queue/purchases/019ac0e6-3f80-7d2c-9c55-0f3a1f6f2b11',
          },
        ],
        more: false,
      },
    ],
  })
export type PurchaseSearch = z.infer<typeof purchaseSearchSchema>

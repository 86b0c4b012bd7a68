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
      .describe(
        'What has this id, then the purchases of this customer: 50 at most that are in the queue, and the newest 50 that ' +
          'are settled.',
      ),
    more: z.boolean().describe('The customer has more; settled ones: `GET /admin/purchases?customerId=`.'),
    queue: z
      .object({
        lookedAt: z.int().min(0).describe('Purchases without an outcome that were looked at.'),
        length: z.int().min(0).optional().describe('All of them; absent when Redis did not answer.'),
        whole: z
          .boolean()
          .describe('False: the customer may have others there; each is found by its job id.'),
      })
      .optional()
      .describe(
        'How far the queue was looked through for this customer; absent when `q` is the id of a job.',
      ),
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
        queue: { lookedAt: 1_200, length: 1_200, whole: true },
      },
    ],
  })
export type PurchaseSearch = z.infer<typeof purchaseSearchSchema>

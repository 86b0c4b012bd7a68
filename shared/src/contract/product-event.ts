/** The HTTP contract of a product that is watched. */
import { z } from 'zod'
import { productSchema } from './product.ts'

/** Data of an event `product` of `GET /products/:id/events`. Times are ISO 8601 in UTC. */
export const productEventSchema = productSchema
  .pick({ stock: true, opensAt: true, closesAt: true, saleStatus: true })
  .extend({
    now: z.iso
      .datetime()
      .describe('The time of the event by the clock that decides about purchases, to count down by.'),
  })
export type ProductEvent = z.infer<typeof productEventSchema>

import { customerPurchasesQuerySchema } from '@flash-sale/shared/contract/purchase-list.ts'
import { z } from 'zod'
import { order, purchaseList } from './named-schemas.ts'
import type { RouteDescription } from './route-description.ts'

const tag = 'Purchases'

const seeOrder: RouteDescription = {
  method: 'get',
  path: '/orders/{id}',
  id: 'readOrder',
  tag,
  summary: 'One order',
  access: 'customer',
  params: z.object({
    id: z.string().meta({ description: 'The `orderId` of a confirmed purchase.', examples: ['1001'] }),
  }),
  answers: { 200: { description: 'The order, which never changes.', schema: order } },
  problems: ['unknown-order', 'database-unavailable'],
}

const list: RouteDescription = {
  method: 'get',
  path: '/customers/{customerId}/purchases',
  id: 'listCustomerPurchases',
  tag,
  summary: 'What is settled of the purchases of a customer',
  description:
    'The last settled first, by pages: as long as an answer holds a `nextCursor`, there are more. Every purchase that is ' +
    'settled when the first page is asked for is on exactly one page. What has no outcome yet is in no list.',
  access: 'customer',
  params: z.object({
    customerId: z.string().meta({
      description: 'The id of a customer; `me` is the customer of the token.',
      examples: ['me'],
    }),
  }),
  query: customerPurchasesQuerySchema,
  answers: { 200: { description: 'One page.', schema: purchaseList } },
  problems: ['unknown-customer', 'database-unavailable'],
}

export const customerRoutes: readonly RouteDescription[] = [seeOrder, list]

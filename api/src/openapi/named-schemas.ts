/** The schemas of the contract that the document names, so that each is written once and referred to. */
import { extendZodWithOpenApi, OpenAPIRegistry } from '@asteasolutions/zod-to-openapi'
import { lockOverviewSchema } from '@flash-sale/shared/contract/locks.ts'
import { orderSchema } from '@flash-sale/shared/contract/order.ts'
import { problemSchema } from '@flash-sale/shared/contract/problem.ts'
import {
  newProductSchema,
  productChangeSchema,
  productSchema,
  resetSchema,
  restockSchema,
} from '@flash-sale/shared/contract/product.ts'
import { productEventSchema } from '@flash-sale/shared/contract/product-event.ts'
import {
  purchaseAcceptedSchema,
  purchaseRequestSchema,
  purchaseViewSchema,
  tokenPurchaseRequestSchema,
} from '@flash-sale/shared/contract/purchase.ts'
import { adminPurchaseListSchema, purchaseListSchema } from '@flash-sale/shared/contract/purchase-list.ts'
import { purchaseSearchSchema } from '@flash-sale/shared/contract/purchase-search.ts'
import { queueStateSchema } from '@flash-sale/shared/contract/queue-state.ts'
import { raceSchema } from '@flash-sale/shared/contract/race.ts'
import { readinessSchema } from '@flash-sale/shared/contract/readiness.ts'
import { verificationSchema } from '@flash-sale/shared/contract/verification.ts'
import { z } from 'zod'

extendZodWithOpenApi(z)
export const namedSchemas = new OpenAPIRegistry()

/** A copy under this name: only schemas that are made after zod was extended can be registered. */
const named = <T extends z.ZodType>(name: string, schema: T): T =>
  namedSchemas.register(name, schema.meta({ ...schema.meta() }))

export const problem = named('Problem', problemSchema)
export const product = named('Product', productSchema)
export const newProduct = named('NewProduct', newProductSchema)
export const productChange = named('ProductChange', productChangeSchema)
export const restock = named('Restock', restockSchema)
export const reset = named('Reset', resetSchema)
export const purchaseRequest = named('PurchaseRequest', purchaseRequestSchema)
/** A field that has to be absent is published as none. */
export const tokenPurchaseRequest = named(
  'TokenPurchaseRequest',
  tokenPurchaseRequestSchema.omit({ customerId: true }),
)
export const purchaseAccepted = named('PurchaseAccepted', purchaseAcceptedSchema)
export const purchaseView = named('Purchase', purchaseViewSchema)
export const purchaseList = named('PurchaseList', purchaseListSchema)
export const adminPurchaseList = named('AdminPurchaseList', adminPurchaseListSchema)
export const order = named('Order', orderSchema)
export const queueState = named('QueueState', queueStateSchema)
named('ProductEvent', productEventSchema)
export const race = named('Race', raceSchema)
export const readiness = named('Readiness', readinessSchema)
export const verification = named('Verification', verificationSchema)
export const lockOverview = named('LockOverview', lockOverviewSchema)
export const purchaseSearch = named('PurchaseSearch', purchaseSearchSchema)

/** The schemas of the contract that the document names, so that each is written once and referred to. */
import { extendZodWithOpenApi, OpenAPIRegistry } from '@asteasolutions/zod-to-openapi'
import { lockOverviewSchema } from '@flash-sale/shared/contract/locks.ts'
import { problemSchema } from '@flash-sale/shared/contract/problem.ts'
import {
  newProductSchema,
  productSchema,
  resetSchema,
  restockSchema,
} from '@flash-sale/shared/contract/product.ts'
import {
  purchaseAcceptedSchema,
  purchaseRequestSchema,
  purchaseViewSchema,
} from '@flash-sale/shared/contract/purchase.ts'
import { purchaseSearchSchema } from '@flash-sale/shared/contract/purchase-search.ts'
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
export const restock = named('Restock', restockSchema)
export const reset = named('Reset', resetSchema)
export const purchaseRequest = named('PurchaseRequest', purchaseRequestSchema)
export const purchaseAccepted = named('PurchaseAccepted', purchaseAcceptedSchema)
export const purchaseView = named('Purchase', purchaseViewSchema)
export const readiness = named('Readiness', readinessSchema)
export const verification = named('Verification', verificationSchema)
export const lockOverview = named('LockOverview', lockOverviewSchema)
export const purchaseSearch = named('PurchaseSearch', purchaseSearchSchema)

/** The types of the client are those of the schemas: checked by the compiler, whenever the types of this file are. */
import { expectTypeOf, test } from 'vitest'
import type * as client from './client-types.ts'
import type { Order } from './order.ts'
import type { FieldProblem, Problem, ProblemCode } from './problem.ts'
import type { Price, Product, SaleStatus } from './product.ts'
import type {
  Outcome,
  PendingStatus,
  PurchaseAccepted,
  PurchaseStatus,
  PurchaseView,
  Strategy,
} from './purchase.ts'
import type { PurchaseList, SettledPurchase } from './purchase-list.ts'

test('each is what its schema says', () => {
  expectTypeOf<client.Outcome>().toEqualTypeOf<Outcome>()
  expectTypeOf<client.PendingStatus>().toEqualTypeOf<PendingStatus>()
  expectTypeOf<client.PurchaseStatus>().toEqualTypeOf<PurchaseStatus>()
  expectTypeOf<client.Strategy>().toEqualTypeOf<Strategy>()
  expectTypeOf<client.PurchaseAccepted>().toEqualTypeOf<PurchaseAccepted>()
  expectTypeOf<client.PurchaseView>().toEqualTypeOf<PurchaseView>()
  expectTypeOf<client.SettledPurchase>().toEqualTypeOf<SettledPurchase>()
  expectTypeOf<client.PurchaseList>().toEqualTypeOf<PurchaseList>()
  expectTypeOf<client.Order>().toEqualTypeOf<Order>()
  expectTypeOf<client.Price>().toEqualTypeOf<Price>()
  expectTypeOf<client.Product['saleStatus']>().toEqualTypeOf<SaleStatus>()
  expectTypeOf<client.Product>().toEqualTypeOf<Product>()
  expectTypeOf<client.ProblemCode>().toEqualTypeOf<ProblemCode>()
  expectTypeOf<client.FieldProblem>().toEqualTypeOf<FieldProblem>()
  expectTypeOf<client.Problem>().toEqualTypeOf<Problem>()
})

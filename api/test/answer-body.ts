import type { Order } from '@flash-sale/shared/contract/order.ts'
import type { Problem } from '@flash-sale/shared/contract/problem.ts'
import type { Product } from '@flash-sale/shared/contract/product.ts'
import type { PurchaseStatus, PurchaseView } from '@flash-sale/shared/contract/purchase.ts'
import type { AdminPurchase } from '@flash-sale/shared/contract/purchase-list.ts'
import type { PurchaseSearch } from '@flash-sale/shared/contract/purchase-search.ts'
import type { QueueState } from '@flash-sale/shared/contract/queue-state.ts'
import type { Race } from '@flash-sale/shared/contract/race.ts'
import type { Readiness } from '@flash-sale/shared/contract/readiness.ts'

type OfProblem = Required<Pick<Problem, 'type' | 'code' | 'title' | 'detail' | 'errors'>>

/**
 * The fields of all bodies that the api answers with, each of the type that it has where it is there. Which of them are
 * there is what a test is about.
 */
export type AnswerBody = Omit<PurchaseView, 'status'> &
  OfProblem &
  Product &
  Pick<Order, 'customerId'> &
  QueueState &
  Readiness &
  Race & {
    /** Of a purchase, or HTTP's in a problem. */
    status: PurchaseStatus | number
    purchases: AdminPurchase[]
    nextCursor: string | undefined
    /** Of a search by customer. */
    queue: PurchaseSearch['queue']
    /** Bull Board's own. */
    message: string
    queues: { name: string; jobs: { id: string; name: string }[] }[]
  }

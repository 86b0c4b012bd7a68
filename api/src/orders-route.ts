import type { Order } from '@flash-sale/shared/contract/order.ts'
import type { Database } from '@flash-sale/shared/postgres.ts'
import { Router } from 'express'
import { callerOf, maySee } from './caller.ts'
import { methodNotAllowed, sendProblem } from './problem-answer.ts'
import { jsonNumber } from './purchase-view.ts'

interface OrderRow {
  /** A bigint, hence text. */
  id: string
  purchase_id: string
  product_id: number
  customer_id: string
  quantity: number
  created_at: Date
}

/** The order id that a path names, as text for Postgres' bigint; undefined for what can be no order's id. */
export const orderIdOf = (text: string): string | undefined =>
  /^[1-9]\d{0,18}$/.test(text) && BigInt(text) < 2n ** 63n ? text : undefined

/** @throws {DatabaseUnavailableError} */
export const readOrder = async (database: Database, id: string): Promise<OrderRow | undefined> => {
  const [row] = await database.run(
    'reading an order',
    (sql) => sql<OrderRow[]>`
      SELECT id, purchase_id, product_id, customer_id, quantity, created_at FROM orders WHERE id = ${id}::bigint`,
  )
  return row
}

const orderOf = (row: OrderRow, named: boolean): Order => ({
  orderId: jsonNumber(row.id),
  jobId: row.purchase_id,
  productId: row.product_id,
  ...(named ? { customerId: row.customer_id } : {}),
  quantity: row.quantity,
  createdAt: row.created_at.toISOString(),
})

/** `GET /orders/:id`. Somebody else's order is as unknown as one that is not there. */
export const ordersRoute = (database: Database): Router => {
  const router = Router()
  router
    .route('/orders/:id')
    .get(async (request, response) => {
      const id = orderIdOf(request.params.id)
      const row = id === undefined ? undefined : await readOrder(database, id)
      const caller = callerOf(request)
      if (!row || !maySee(caller, row.customer_id)) {
        const shown = JSON.stringify(request.params.id.slice(0, 40))
        return sendProblem(response, { code: 'unknown-order', detail: `there is no order ${shown}` })
      }
      // Order ids can be guessed, so that a caller nobody knows is not told whose it is.
      response.json(orderOf(row, caller.kind !== 'anyone'))
    })
    .all(methodNotAllowed('GET', 'HEAD'))
  return router
}

import {
  type AdminPurchaseList,
  adminPurchasesQuerySchema,
} from '@flash-sale/shared/contract/purchase-list.ts'
import type { Database } from '@flash-sale/shared/postgres.ts'
import { Router } from 'express'
import { adminPurchaseOf, listPurchases } from './list-purchases.ts'
import { methodNotAllowed } from './problem-answer.ts'
import { pageOf } from './purchase-page.ts'
import { withQuery } from './query.ts'

/** `GET /purchases` below `/admin`: settled purchases by product, customer and outcome. Who may come here is decided before. */
export const adminPurchasesRoute = (database: Database): Router => {
  const list = withQuery(
    adminPurchasesQuerySchema,
    async ({ cursor, limit, ...filter }, _request, response) => {
      const page = pageOf({ cursor, limit })
      const answer: AdminPurchaseList = await listPurchases(database, filter, page, adminPurchaseOf)
      response.json(answer)
    },
  )
  const router = Router()
  router.route('/purchases').get(list).all(methodNotAllowed('GET', 'HEAD'))
  return router
}

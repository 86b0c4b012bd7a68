import type { Database } from '@flash-sale/shared/postgres.ts'
import { Router } from 'express'
import { methodNotAllowed, sendProblem } from './problem-answer.ts'
import { productIdOf, sendUnknownProduct } from './product-id.ts'
import { listProducts, readProduct } from './product-store.ts'

/**
 * `GET /products` (newest first, at most a hundred, `?before=ID` for older ones) and `GET /products/:id`: always read
 * from Postgres, so that the stock is the one of this moment.
 */
export const productsRoute = (database: Database): Router => {
  const router = Router()
  router
    .route('/products')
    .get(async (request, response) => {
      const given = request.query.before
      const before = typeof given === 'string' ? productIdOf(given) : undefined
      if (given !== undefined && before === undefined) {
        return sendProblem(response, {
          code: 'invalid-request',
          detail: 'before: expected the id of a product',
          errors: [{ path: 'before', message: 'expected the id of a product' }],
        })
      }
      response.json(await listProducts(database, before))
    })
    .all(methodNotAllowed('GET', 'HEAD'))
  router
    .route('/products/:id')
    .get(async (request, response) => {
      const id = productIdOf(request.params.id)
      const product = id === undefined ? undefined : await readProduct(database, id)
      if (!product) return sendUnknownProduct(response, request.params.id)
      response.json(product)
    })
    .all(methodNotAllowed('GET', 'HEAD'))
  return router
}

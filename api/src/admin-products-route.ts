import {
  newProductSchema,
  productChangeSchema,
  resetSchema,
  restockSchema,
} from '@flash-sale/shared/contract/product.ts'
import type { Verification } from '@flash-sale/shared/contract/verification.ts'
import type { Database } from '@flash-sale/shared/postgres.ts'
import type { ProductCatalog } from '@flash-sale/shared/product-catalog.ts'
import { verifyProduct } from '@flash-sale/shared/verify-product.ts'
import { type RequestHandler, Router } from 'express'
import { withBody } from './body.ts'
import { sendInvalid } from './invalid-answer.ts'
import { methodNotAllowed, sendProblem } from './problem-answer.ts'
import { changeProduct, moveSaleWindow } from './product-changes.ts'
import { productIdOf, sendUnknownProduct } from './product-id.ts'
import { createProduct, resetProduct, restockProduct } from './product-store.ts'

export interface AdminProductsRouteDeps {
  database: Database
  catalog: ProductCatalog
  /** Told of each count of a product's invariants. */
  onVerified: (verification: Verification) => void
}

type ProductParams = { id: string }

/** What an admin may do with products, below `/admin`. Who may come here is decided before. */
export const adminProductsRoute = ({ database, catalog, onVerified }: AdminProductsRouteDeps): Router => {
  const create = withBody(newProductSchema, async (body, _request, response) => {
    const product = await createProduct(database, body)
    // It may have been asked for already, and be remembered as unknown.
    catalog.forget(product.id)
    response.setHeader('Location', `/products/${product.id}`)
    response.status(201).json(product)
  })

  const change = withBody<typeof productChangeSchema, ProductParams>(
    productChangeSchema,
    async (body, request, response) => {
      const id = productIdOf(request.params.id)
      const changed = id === undefined ? undefined : await changeProduct(database, id, body)
      if (!changed) return sendUnknownProduct(response, request.params.id)
      if ('problem' in changed) return sendInvalid(response, [changed.problem])
      catalog.forget(changed.product.id)
      response.json(changed.product)
    },
  )

  const moveTo =
    (to: 'open' | 'close'): RequestHandler<ProductParams> =>
    async (request, response) => {
      const id = productIdOf(request.params.id)
      const product = id === undefined ? undefined : await moveSaleWindow(database, id, to)
      if (!product) return sendUnknownProduct(response, request.params.id)
      catalog.forget(product.id)
      response.json(product)
    }

  const restock = withBody<typeof restockSchema, ProductParams>(
    restockSchema,
    async ({ quantity }, request, response) => {
      const id = productIdOf(request.params.id)
      const product = id === undefined ? undefined : await restockProduct(database, id, quantity)
      if (!product) return sendUnknownProduct(response, request.params.id)
      if (product === 'too-much') {
        const message = `expected a quantity with which the stock stays below 2^31, got ${quantity}`
        return sendInvalid(response, [{ path: 'quantity', message }])
      }
      // This process opens the product at once, others with their next refresh.
      catalog.forget(product.id)
      response.json(product)
    },
  )

  const reset = withBody<typeof resetSchema, ProductParams>(
    resetSchema,
    async ({ stock }, request, response) => {
      const id = productIdOf(request.params.id)
      const product = id === undefined ? undefined : await resetProduct(database, id, stock)
      if (!product) return sendUnknownProduct(response, request.params.id)
      if (product === 'not-a-demo-product') {
        return sendProblem(response, {
          code: product,
          detail: `product ${id} keeps its purchases and orders`,
        })
      }
      catalog.forget(product.id)
      response.json(product)
    },
  )

  const router = Router()
  router.route('/products').post(create).all(methodNotAllowed('POST'))
  router.route('/products/:id').patch(change).all(methodNotAllowed('PATCH'))
  router.route('/products/:id/open').post(moveTo('open')).all(methodNotAllowed('POST'))
  router.route('/products/:id/close').post(moveTo('close')).all(methodNotAllowed('POST'))
  router.route('/products/:id/restock').post(restock).all(methodNotAllowed('POST'))
  router.route('/products/:id/reset').post(reset).all(methodNotAllowed('POST'))
  router
    .route('/products/:id/verify')
    .get(async (request, response) => {
      const id = productIdOf(request.params.id)
      const verification = id === undefined ? undefined : await verifyProduct(database, id)
      if (!verification) return sendUnknownProduct(response, request.params.id)
      onVerified(verification)
      response.json(verification)
    })
    .all(methodNotAllowed('GET', 'HEAD'))
  return router
}

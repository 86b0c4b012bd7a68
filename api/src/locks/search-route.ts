import { purchaseSearchQuerySchema } from '@flash-sale/shared/contract/purchase-search.ts'
import { type RequestHandler, Router } from 'express'
import { callerOf } from '../caller.ts'
import { sendInvalid } from '../invalid-answer.ts'
import { methodNotAllowed, sendProblem } from '../problem-answer.ts'
import { validate } from '../validate.ts'
import { emptySearchPage, searchPage } from './search-page.ts'
import { type SearchSources, searchPurchases } from './search-purchases.ts'
import { sendPage, wantsPage } from './send-page.ts'

export interface SearchRouteDeps {
  sources: SearchSources
  /** Whether a browser may read an order without a customer's token. */
  ordersOpen: boolean
}

const trimmed = (q: unknown): unknown => (typeof q === 'string' ? q.trim() : q)

/** `GET /purchases/search?q=` below `/admin`: JSON, or a page. Who may come here is decided before. */
export const searchRoute = ({ sources, ordersOpen }: SearchRouteDeps): Router => {
  const search: RequestHandler = async (request, response) => {
    const asPage = wantsPage(request)
    const caller = callerOf(request)
    response.setHeader('Vary', 'Accept')
    const query = validate(purchaseSearchQuerySchema, { ...request.query, q: trimmed(request.query.q) })
    if (!query.valid) {
      if (asPage) return sendPage(response, emptySearchPage(caller))
      return sendInvalid(response, query.errors)
    }
    const { q } = query.data
    const result = await searchPurchases(sources, q)
    if (result.kind === 'refused') return sendProblem(response, result.refusal)
    if (asPage) return sendPage(response, searchPage(result.search, caller, ordersOpen))
    response.json(result.search)
  }
  const router = Router()
  router.route('/purchases/search').get(search).all(methodNotAllowed('GET', 'HEAD'))
  return router
}

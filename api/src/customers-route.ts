import { customerIdSchema } from '@flash-sale/shared/contract/purchase.ts'
import { customerPurchasesQuerySchema, type PurchaseList } from '@flash-sale/shared/contract/purchase-list.ts'
import type { Database } from '@flash-sale/shared/postgres.ts'
import { Router } from 'express'
import { type Caller, callerOf, maySee } from './caller.ts'
import { listPurchases, settledPurchaseOf } from './list-purchases.ts'
import { methodNotAllowed, type Refusal, sendProblem } from './problem-answer.ts'
import { pageOf } from './purchase-page.ts'
import { withQuery } from './query.ts'

/** What stands for the caller's own id in a path. Never a customer of that name, who is `me` only to himself. */
const self = 'me'

const idMeant = (text: string, caller: Caller): string | undefined => {
  if (text !== self) return customerIdSchema.safeParse(text).data
  return caller.kind === 'customer' ? caller.customerId : undefined
}

const refusalOf = (text: string, caller: Caller): Refusal => {
  if (text === self && caller.kind !== 'customer') {
    const detail =
      'me: expected the token of a customer, for whom it stands, got none: name the customer instead'
    return { code: 'invalid-request', detail }
  }
  const shown = JSON.stringify(text.slice(0, 40).toWellFormed())
  return { code: 'unknown-customer', detail: `there is no customer ${shown}` }
}

/**
 * `GET /customers/:customerId/purchases`: what is settled of a customer's purchases. Somebody else's list is unknown, whether
 * there is such a customer or not; one's own is empty before the first purchase.
 */
export const customersRoute = (database: Database): Router => {
  const list = withQuery<typeof customerPurchasesQuerySchema, { customerId: string }>(
    customerPurchasesQuerySchema,
    async ({ outcome, ...query }, request, response) => {
      const caller = callerOf(request)
      const given = request.params.customerId
      const customerId = idMeant(given, caller)
      if (customerId === undefined || !maySee(caller, customerId))
        return sendProblem(response, refusalOf(given, caller))
      const page = pageOf(query)
      const answer: PurchaseList = await listPurchases(
        database,
        { customerId, outcome },
        page,
        settledPurchaseOf,
      )
      response.json(answer)
    },
  )
  const router = Router()
  router.route('/customers/:customerId/purchases').get(list).all(methodNotAllowed('GET', 'HEAD'))
  return router
}

/** Who buys, and how often: what stands before a purchase is looked at. */
import {
  type PurchaseRequest,
  purchaseRequestSchema,
  tokenPurchaseRequestSchema,
} from '@flash-sale/shared/contract/purchase.ts'
import type { Request, RequestHandler, Response } from 'express'
import type { PurchaseLimits } from './auth/purchase-limits.ts'
import { withBody } from './body.ts'
import { callerOf } from './caller.ts'
import { sendProblem } from './problem-answer.ts'

export interface BuyerRules {
  /** `body`: the request names the customer. `token`: its token does. */
  customerFrom: 'body' | 'token'
  /** Undefined: nobody is limited. */
  limits?: PurchaseLimits | undefined
}

type Params = Record<string, string>
type ServePurchase = (
  purchase: PurchaseRequest,
  request: Request<Params>,
  response: Response,
) => Promise<void>

const limited =
  (limits: PurchaseLimits, serve: ServePurchase): ServePurchase =>
  async (purchase, request, response) => {
    if (await limits.admit(request, response, purchase.customerId)) await serve(purchase, request, response)
  }

const tokenBody = (serve: ServePurchase): RequestHandler<Params> => {
  const read = withBody(tokenPurchaseRequestSchema, async (body, request, response) => {
    const caller = callerOf(response)
    if (caller.kind === 'customer') await serve({ ...body, customerId: caller.customerId }, request, response)
  })
  return (request, response, next) => {
    if (callerOf(response).kind === 'customer') return read(request, response, next)
    return sendProblem(response, {
      code: 'forbidden',
      detail: "expected a customer's token: an admin buys nothing",
    })
  }
}

/**
 * The handler of `POST /purchases`: body read and valid, customer known, within the limits. Those who are refused for
 * their body are not counted: answering 400 costs no more than answering 429.
 */
export const withPurchase = (rules: BuyerRules, serve: ServePurchase): RequestHandler<Params> => {
  const { customerFrom, limits } = rules
  const serveAdmitted = limits ? limited(limits, serve) : serve
  return customerFrom === 'token' ? tokenBody(serveAdmitted) : withBody(purchaseRequestSchema, serveAdmitted)
}

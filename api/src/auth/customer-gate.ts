import type { AdminEntry } from '@flash-sale/shared/admin-entry.ts'
import type { RequestHandler, Response } from 'express'
import { type Caller, setCaller } from '../caller.ts'
import { sendProblem } from '../problem-answer.ts'
import { logReason } from '../request-log.ts'
import type { Admins } from './admins.ts'
import { credentialsOf } from './credentials.ts'
import type { CustomerTokens } from './customer-tokens.ts'

export interface CustomerGateDeps {
  admins: Admins
  customers: CustomerTokens
}

const adminCaller = (admin: AdminEntry): Caller => ({
  kind: 'admin',
  name: admin.name,
  role: admin.role,
})

const sendUnauthorized = (response: Response, detail: string, invalid: boolean): void => {
  const error = invalid ? ', error="invalid_token"' : ''
  response.setHeader('WWW-Authenticate', `Bearer realm="Flash Sale Engine"${error}`)
  sendProblem(response, { code: 'unauthorized', detail })
}

const sendUnavailable = (response: Response, reason: string): void => {
  logReason(response, reason)
  sendProblem(response, {
    code: 'identity-unavailable',
    detail: 'the token cannot be checked now, nothing was done: send the request again',
  })
}

/**
 * Says who calls (`callerOf`): a customer by its JWT, or an admin, who may look at everybody's. A token that is not
 * valid is refused in any case.
 * @param tokenNeeded whether a request without one is refused, too.
 */
export const customerGate =
  ({ admins, customers }: CustomerGateDeps, tokenNeeded: boolean): RequestHandler =>
  async (request, response, next) => {
    const given = credentialsOf(request)
    if (given.scheme === 'none') {
      if (!tokenNeeded) return next()
      return sendUnauthorized(response, 'expected Authorization: Bearer TOKEN, got none', false)
    }
    if (given.scheme === 'other') {
      return sendUnauthorized(response, 'expected Authorization: Bearer TOKEN, got something else', true)
    }
    const basic = given.scheme === 'basic'
    const admin = basic ? admins.withToken(given.password, given.user) : admins.withToken(given.token)
    if (admin) {
      setCaller(request, adminCaller(admin))
      return next()
    }
    if (basic)
      return sendUnauthorized(response, 'expected the token of an admin, got one that is not known', true)
    const verified = await customers.verify(given.token)
    if (verified.kind === 'unavailable') return sendUnavailable(response, verified.reason)
    if (verified.kind === 'invalid') return sendUnauthorized(response, verified.why, true)
    setCaller(request, { kind: 'customer', customerId: verified.customerId })
    next()
  }

import type { Request, RequestHandler, Response } from 'express'
import { type Caller, noEnd, setCaller } from '../caller.ts'
import { sendProblem } from '../problem-answer.ts'
import { logReason } from '../request-log.ts'
import type { Admins } from './admins.ts'
import { type Credentials, credentialsOf } from './credentials.ts'
import type { CustomerTokens } from './customer-tokens.ts'
import type { WrongTokens } from './wrong-tokens.ts'

export interface CustomerGateDeps {
  admins: Admins
  customers: CustomerTokens
  /** Those who come with a wrong one. Apart, so that customers whose tokens have expired shut out no admin. */
  wrongTokens: { ofAdmins: WrongTokens; ofCustomers: WrongTokens }
}

type Proof =
  | { kind: 'known'; caller: Caller }
  | { kind: 'unavailable'; reason: string }
  | { kind: 'wrong'; why: string; countedBy: WrongTokens }

const jwtForm = /^[\w-]+\.[\w-]+\.[\w-]*$/

const noAdmin = 'expected the token of a customer or an admin, got one that is not known'

/**
 * A customer's token carries a signature, which nobody guesses: it is looked at in any case, first, and the right one is
 * not counted. An admin's could be guessed: an address that came too often with wrong ones is not told any more which is right.
 */
const proofOf = async (
  request: Request,
  given: Exclude<Credentials, { scheme: 'none' }>,
  { admins, customers, wrongTokens }: CustomerGateDeps,
): Promise<Proof> => {
  const { ofAdmins, ofCustomers } = wrongTokens
  if (given.scheme === 'other')
    return {
      kind: 'wrong',
      why: 'expected Authorization: Bearer TOKEN, got something else',
      countedBy: ofAdmins,
    }
  const isJwt = given.scheme === 'bearer' && jwtForm.test(given.token)
  const verified = isJwt ? await customers.verify(given.token) : undefined
  if (verified?.kind === 'customer') return { kind: 'known', caller: verified }
  if (verified?.kind === 'unavailable') return verified
  const countedBy = isJwt ? ofCustomers : ofAdmins
  const admin = (await countedBy.isOver(request)) ? undefined : admins.withCredentials(given)
  if (!admin) return { kind: 'wrong', why: verified?.why ?? noAdmin, countedBy }
  return { kind: 'known', caller: { kind: 'admin', name: admin.name, role: admin.role, validUntilMs: noEnd } }
}

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
  (deps: CustomerGateDeps, tokenNeeded: boolean): RequestHandler =>
  async (request, response, next) => {
    const given = credentialsOf(request)
    if (given.scheme === 'none') {
      if (!tokenNeeded) return next()
      return sendUnauthorized(response, 'expected Authorization: Bearer TOKEN, got none', false)
    }
    const proof = await proofOf(request, given, deps)
    if (proof.kind === 'unavailable') return sendUnavailable(response, proof.reason)
    if (proof.kind === 'wrong')
      return proof.countedBy.count(request, response, () => sendUnauthorized(response, proof.why, true))
    setCaller(request, proof.caller)
    next()
  }

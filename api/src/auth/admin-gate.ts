import type { AdminEntry } from '@flash-sale/shared/admin-entry.ts'
import type { Request, RequestHandler, Response } from 'express'
import { noEnd, setCaller } from '../caller.ts'
import { sendProblem } from '../problem-answer.ts'
import type { Admins } from './admins.ts'
import { credentialsOf } from './credentials.ts'
import { isSameOrigin } from './same-origin.ts'
import type { Sessions } from './sessions.ts'
import type { WrongTokens } from './wrong-tokens.ts'

export interface AdminGateDeps {
  admins: Admins
  sessions: Sessions
  /** Those who come with a wrong one. */
  wrongTokens: WrongTokens
}

/** `automatic`: a browser adds it by itself, also for a page of somebody else's. */
type Proof =
  | { kind: 'admin'; admin: AdminEntry; validUntilMs: number; automatic: boolean }
  | { kind: 'none' }
  | { kind: 'wrong' }

const proofOf = async (request: Request, deps: AdminGateDeps): Promise<Proof> => {
  const { admins, sessions, wrongTokens } = deps
  const given = credentialsOf(request)
  if (given.scheme === 'none') {
    const session = sessions.sessionOf(request.headers.cookie)
    return session ? { kind: 'admin', ...session, automatic: true } : { kind: 'none' }
  }
  if (given.scheme === 'other' || (await wrongTokens.isOver(request))) return { kind: 'wrong' }
  const admin = admins.withCredentials(given)
  const automatic = given.scheme === 'basic'
  return admin ? { kind: 'admin', admin, validUntilMs: noEnd, automatic } : { kind: 'wrong' }
}

const isRead = ({ method }: Request): boolean => method === 'GET' || method === 'HEAD' || method === 'OPTIONS'

/** Somebody who opens a page, and could sign in. Elsewhere than below `/admin` the cookie would not reach us. */
const wantsPage = (request: Request): boolean =>
  isRead(request) &&
  request.baseUrl.toLowerCase() === '/admin' &&
  (request.get('accept') ?? '').includes('text/html')

const sendUnauthorized = (request: Request, response: Response, kind: 'none' | 'wrong'): void => {
  // A script in a page of ours must not make the browser ask for a user and password.
  const inBrowser = request.get('sec-fetch-site') !== undefined
  response.setHeader('WWW-Authenticate', [
    ...(inBrowser ? [] : ['Basic realm="Flash Sale Engine", charset="UTF-8"']),
    'Bearer realm="Flash Sale Engine"',
  ])
  const detail =
    kind === 'wrong'
      ? 'expected the token of an admin, got one that is not known'
      : "expected an admin's token as Authorization: Bearer TOKEN, got none"
  sendProblem(response, { code: 'unauthorized', detail })
}

const writeRefusal = (request: Request, { admin, automatic }: Extract<Proof, { kind: 'admin' }>) => {
  if (isRead(request)) return undefined
  if (admin.role !== 'operator')
    return `expected an operator for ${request.method}, got ${admin.name}, who is a ${admin.role}`
  if (automatic && !isSameOrigin(request))
    return 'expected a page of this host (Sec-Fetch-Site or Origin); a program sends Authorization: Bearer TOKEN'
  return undefined
}

/**
 * Lets admins pass, and tells who it is (`callerOf`). The role is judged by the method, here and for everything below,
 * so that no route can forget it: a viewer writes nowhere. A page is sent to the sign-in, everybody else gets 401, and
 * an address that came too often with a wrong token or password 429, whatever else it comes with than a session.
 */
export const adminGate =
  (deps: AdminGateDeps): RequestHandler =>
  async (request, response, next) => {
    const proof = await proofOf(request, deps)
    if (proof.kind === 'wrong')
      return deps.wrongTokens.count(request, response, () => sendUnauthorized(request, response, 'wrong'))
    if (proof.kind === 'none') {
      if (!wantsPage(request)) return sendUnauthorized(request, response, 'none')
      response.redirect(303, `/admin/sign-in?next=${encodeURIComponent(request.originalUrl)}`)
      return
    }
    const refusal = writeRefusal(request, proof)
    if (refusal !== undefined) return sendProblem(response, { code: 'forbidden', detail: refusal })
    const { admin, validUntilMs } = proof
    setCaller(request, { kind: 'admin', name: admin.name, role: admin.role, validUntilMs })
    next()
  }

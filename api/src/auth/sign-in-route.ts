import type { IncomingMessage } from 'node:http'
import { type RequestHandler, type Response, Router } from 'express'
import { readBody } from '../body.ts'
import { methodNotAllowed, sendProblem } from '../problem-answer.ts'
import type { Admins } from './admins.ts'
import { safeNext } from './safe-next.ts'
import { isSameOrigin } from './same-origin.ts'
import type { Sessions } from './sessions.ts'
import { sendSignedIn, sendSignInForm } from './sign-in-page.ts'

export interface SignInDeps {
  admins: Admins
  sessions: Sessions
  /** Holds back who fails too often. */
  limit: RequestHandler
}

interface SignIn {
  name: string
  token: string
  next: string
}

const formType = /^application\/x-www-form-urlencoded\s*(;|$)/i

const readForm = async (request: IncomingMessage): Promise<SignIn | undefined> => {
  if (!formType.test(request.headers['content-type'] ?? '')) return undefined
  const body = await readBody(request)
  if (body.kind !== 'whole') return undefined
  const fields = new URLSearchParams(body.bytes.toString('utf8'))
  return {
    name: (fields.get('name') ?? '').slice(0, 100),
    token: fields.get('token') ?? '',
    next: safeNext(fields.get('next')),
  }
}

/** A foreign page must neither sign somebody out nor in, as an admin whose actions it would like to be taken for. */
const ownPagesOnly: RequestHandler = (request, response, next) => {
  if (isSameOrigin(request)) return next()
  sendProblem(response, {
    code: 'forbidden',
    detail:
      'expected the form of this host (Sec-Fetch-Site or Origin); a program sends Authorization: Bearer TOKEN',
  })
}

const sendTo = (response: Response, address: string): void => {
  response.statusCode = 303
  response.setHeader('Location', address)
  response.end()
}

/** `/admin/sign-in` and `/admin/sign-out`, below `/admin`: for people with a browser. */
export const signInRoute = ({ admins, sessions, limit }: SignInDeps): Router => {
  const router = Router()
  router
    .route('/sign-in')
    .get((request, response) => {
      const next = safeNext(request.query.next)
      const admin = sessions.sessionOf(request.headers.cookie)?.admin
      if (admin) return sendSignedIn(response, admin.name, admin.role, next)
      sendSignInForm(response, { status: 200, next })
    })
    .post(ownPagesOnly, limit, async (request, response) => {
      const form = await readForm(request)
      const admin = form && admins.withToken(form.token, form.name)
      if (admin) {
        response.setHeader('Set-Cookie', sessions.begin(admin))
        return sendTo(response, form.next)
      }
      // Not which of the two was wrong.
      const refusal = 'This name and token do not belong together.'
      if (!form) response.setHeader('Connection', 'close')
      sendSignInForm(response, {
        status: 401,
        next: form?.next ?? safeNext(undefined),
        name: form?.name ?? '',
        refusal,
      })
    })
    .all(methodNotAllowed('GET', 'HEAD', 'POST'))
  router
    .route('/sign-out')
    .post(ownPagesOnly, (_request, response) => {
      response.setHeader('Set-Cookie', sessions.end())
      sendTo(response, '/admin/sign-in')
    })
    .all(methodNotAllowed('POST'))
  return router
}

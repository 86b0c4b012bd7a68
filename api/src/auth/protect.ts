/** Who may call what, from where and how often: the middleware before the routes. */
import cors from 'cors'
import type { Express, RequestHandler } from 'express'
import { adminGate } from './admin-gate.ts'
import { type Admins, openAdmins } from './admins.ts'
import { answerHeaders, pageHeaders } from './answer-headers.ts'
import { type AuthConfig, adminEntriesOf, customerTokenOptionsOf, sessionSecretOf } from './auth-config.ts'
import { customerGate } from './customer-gate.ts'
import { type CustomerTokens, openCustomerTokens } from './customer-tokens.ts'
import { limitPerIp } from './purchase-limits.ts'
import { openSessions, type Sessions } from './sessions.ts'
import { signInRoute } from './sign-in-route.ts'
import type { WebSettings } from './web-config.ts'
import { openWrongTokens, type WrongTokens } from './wrong-tokens.ts'

export interface Auth {
  admins: Admins
  sessions: Sessions
  /** Undefined: `AUTH_MODE=none`. */
  customers: CustomerTokens | undefined
  /** Those who come with a wrong token or password. */
  wrongTokens: { ofAdmins: WrongTokens; ofCustomers: WrongTokens }
}

export const openAuth = (config: AuthConfig, { secure, limits }: WebSettings): Auth => {
  const admins = openAdmins(adminEntriesOf(config))
  const tokens = customerTokenOptionsOf(config)
  return {
    admins,
    sessions: openSessions(admins, { secret: sessionSecretOf(config), secure }),
    customers: tokens && openCustomerTokens(tokens),
    wrongTokens: {
      ofAdmins: openWrongTokens('wrong-admin-tokens', limits.wrongTokensPerIp),
      ofCustomers: openWrongTokens('wrong-tokens', limits.wrongTokensPerIp),
    },
  }
}

/** What belongs to a customer, and what anybody may look at. */
const customerPaths = ['/purchases', '/orders', '/customers']
const openPaths = ['/products']

const signInLimit = { count: 10, windowS: 900 }

const ofReads =
  (limit: RequestHandler): RequestHandler =>
  (request, response, next) =>
    request.method === 'GET' || request.method === 'HEAD' ? limit(request, response, next) : next()

/** Before the routes of buyers. What is not configured is not there, and costs them nothing. */
export const protectPublic = (app: Express, auth: Auth, web: WebSettings): void => {
  const paths = [...customerPaths, ...openPaths]
  app.set('trust proxy', web.proxyHops)
  app.use(answerHeaders(web.secure))
  if (web.corsOrigins.length > 0) {
    const origin = [...web.corsOrigins]
    const exposedHeaders = [
      'Location',
      'Retry-After',
      'RateLimit',
      'RateLimit-Policy',
      'Idempotency-Replayed',
      'Preference-Applied',
      'X-Request-Id',
    ]
    app.use(paths, cors({ origin, exposedHeaders, methods: ['GET', 'HEAD', 'POST'], maxAge: 600 }))
  }
  if (web.limits.readsPerIp) app.use(paths, ofReads(limitPerIp(web.limits.readsPerIp, 'reads-per-ip')))
  if (auth.customers) {
    const deps = { admins: auth.admins, customers: auth.customers, wrongTokens: auth.wrongTokens }
    app.use(customerPaths, customerGate(deps, true))
    app.use(openPaths, customerGate(deps, false))
  }
}

/** Before everything below `/admin`, and before `/metrics`. */
export const protectAdmin = (app: Express, auth: Auth, web: WebSettings): void => {
  const limit = limitPerIp(signInLimit, 'sign-in', { what: 'failed sign-ins', onlyFailures: true })
  app.use('/admin', pageHeaders(web.secure), signInRoute({ ...auth, limit }))
  app.use(['/admin', '/metrics'], adminGate({ ...auth, wrongTokens: auth.wrongTokens.ofAdmins }))
}

import type { RequestHandler } from 'express'
import helmet from 'helmet'

const transportSecurity = 'max-age=31536000; includeSubDomains'

/** The dashboard's files carry a hash in their names. */
const keptByCaches = '/admin/queues/static/'

/**
 * What every answer says to a browser. Answers are JSON that is new at every call: no cache keeps them, since stock and
 * outcomes change by the millisecond, and no browser takes them for a page. Not the whole of helmet, which is for pages:
 * a purchase has no use for its thirteen headers.
 */
export const answerHeaders =
  (secure: boolean): RequestHandler =>
  (request, response, next) => {
    if (!request.path.startsWith(keptByCaches)) response.setHeader('Cache-Control', 'no-store')
    response.setHeader('X-Content-Type-Options', 'nosniff')
    response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'")
    if (secure) response.setHeader('Strict-Transport-Security', transportSecurity)
    next()
  }

/**
 * For answers that are pages: everything they load, ask and send comes from and goes to this host. Styles may stand in
 * the page, as Bull Board's do; scripts may not.
 */
export const pageHeaders = (secure: boolean): RequestHandler =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // Not `no-referrer`: browsers would then send our forms with `Origin: null`.
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: secure,
  })

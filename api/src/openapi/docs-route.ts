import { type RequestHandler, Router } from 'express'
import { serveFiles, setup } from 'swagger-ui-express'
import { pageHeaders } from '../auth/answer-headers.ts'
import { methodNotAllowed } from '../problem-answer.ts'
import { openApiDocument } from './document.ts'

/** Only what comes with the package is loaded. Swagger UI writes styles into its elements and icons as `data:`. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Relative, so that it is found behind a path prefix of a proxy as well. No document is sent to a foreign validator. */
const uiOptions = {
  customSiteTitle: 'Flash Sale Engine: API',
  customfavIcon: '../assets/icon.svg',
  swaggerUrl: '../openapi.json',
  swaggerOptions: { validatorUrl: null },
}

/** Its page asks for files beside itself, hence at `/docs/`. */
const withSlash: RequestHandler = (request, response, next) => {
  const { pathname, search } = new URL(request.originalUrl, 'http://localhost')
  if (pathname.endsWith('/')) next()
  else response.status(301).setHeader('Location', `docs/${search}`).end()
}

/**
 * `GET /openapi.json` and `GET /docs`. The document is made once, when the api starts.
 * @param secure whether browsers reach us over TLS.
 */
export const docsRoute = (secure: boolean): Router => {
  const text = JSON.stringify(openApiDocument())
  const router = Router()
  router
    .route('/openapi.json')
    .get((_request, response) => {
      response.setHeader('Content-Type', 'application/json; charset=utf-8')
      response.end(text)
    })
    .all(methodNotAllowed('GET', 'HEAD'))
  router.use('/docs', pageHeaders(secure), (_request, response, next) => {
    response.setHeader('Content-Security-Policy', contentSecurityPolicy)
    next()
  })
  router.route('/docs').get(withSlash, setup(undefined, uiOptions)).all(methodNotAllowed('GET', 'HEAD'))
  router.use('/docs', ...serveFiles(undefined, uiOptions))
  return router
}

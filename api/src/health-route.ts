import type { Readiness } from '@flash-sale/shared/contract/readiness.ts'
import { Router } from 'express'
import { methodNotAllowed } from './problem-answer.ts'

/**
 * `GET /livez`: this process answers. `GET /readyz`: so do its stores. Whoever is asked too often asks the stores
 * once: callers that come while a check is running share its result.
 */
export const healthRoute = (check: () => Promise<Readiness>): Router => {
  let running: Promise<Readiness> | undefined

  const router = Router()
  router
    .route('/livez')
    .get((_request, response) => {
      response.json({ status: 'ok' })
    })
    .all(methodNotAllowed('GET', 'HEAD'))
  router
    .route('/readyz')
    .get(async (_request, response) => {
      running ??= check().finally(() => {
        running = undefined
      })
      const readiness = await running
      response.status(readiness.ready ? 200 : 503).json(readiness)
    })
    .all(methodNotAllowed('GET', 'HEAD'))
  return router
}

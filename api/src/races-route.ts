import type { Database } from '@flash-sale/shared/postgres.ts'
import type { ProductCatalog } from '@flash-sale/shared/product-catalog.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import { type Response, Router } from 'express'
import { methodNotAllowed, sendProblem } from './problem-answer.ts'
import { prepareRace, readRace } from './race-store.ts'
import { logReason } from './request-log.ts'

export interface RacesRouteDeps {
  redis: Redis
  /** For buyers. */
  database: Database
  /** For a reset, which may wait for a settlement. */
  adminDatabase: Database
  catalog: Pick<ProductCatalog, 'forget'>
  /** Put before the key that keeps races apart. */
  limitPrefix: string
}

/** A race that has begun keeps others from resetting its products; its buyers are done well within this time. */
const raceS = 15

type Turn = { kind: 'ours' } | { kind: 'taken'; forS: number } | { kind: 'unknown'; why: string }

const takeTurn = async (redis: Redis, key: string): Promise<Turn> => {
  try {
    if ((await redis.set(key, '1', 'EX', raceS, 'NX')) === 'OK') return { kind: 'ours' }
    return { kind: 'taken', forS: Math.max(1, Math.ceil((await redis.pttl(key)) / 1000)) }
  } catch (error) {
    return { kind: 'unknown', why: error instanceof Error ? error.message : String(error) }
  }
}

const sendNotNow = (response: Response, turn: Exclude<Turn, { kind: 'ours' }>): void => {
  if (turn.kind === 'taken') {
    const detail = `another race is being run: try again in ${turn.forS} s`
    sendProblem(response, { code: 'rate-limited', detail, retryAfterS: turn.forS })
    return
  }
  logReason(response, turn.why)
  sendProblem(response, { code: 'queue-unavailable', detail: 'no race without a queue: try again' })
}

/**
 * `POST /demo/races` and `GET /demo/races/latest`: for anybody, so it is mounted only where demo strategies are switched
 * on, which production refuses. It touches two products of its own, one race at a time over all api processes.
 */
export const racesRoute = (deps: RacesRouteDeps): Router => {
  const { redis, database, adminDatabase, catalog, limitPrefix } = deps
  const router = Router()
  router
    .route('/demo/races')
    .post(async (_request, response) => {
      const turn = await takeTurn(redis, `${limitPrefix}demo-race`)
      if (turn.kind !== 'ours') return sendNotNow(response, turn)
      const race = await prepareRace(adminDatabase)
      for (const { productId } of [race.naive, race.locked]) catalog.forget(productId)
      response.setHeader('Location', '/demo/races/latest')
      response.status(201).json(race)
    })
    .all(methodNotAllowed('POST'))
  router
    .route('/demo/races/latest')
    .get(async (_request, response) => {
      const race = await readRace(database)
      if (race) return void response.json(race)
      sendProblem(response, { code: 'unknown-product', detail: 'there was no race yet: POST /demo/races' })
    })
    .all(methodNotAllowed('GET', 'HEAD'))
  return router
}

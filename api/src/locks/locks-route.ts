import { type Request, type RequestHandler, type Response, Router } from 'express'
import { callerOf, validUntilMsOf } from '../caller.ts'
import { eventText, openEventStream } from '../event-stream.ts'
import { pageFile, readPageText, sendPageFile } from '../page-files.ts'
import { methodNotAllowed, sendProblem, unknownRoute } from '../problem-answer.ts'
import { logReason } from '../request-log.ts'
import { lockPage, mayWrite } from './lock-page.ts'
import { lockSections } from './lock-sections.ts'
import type { LockLook, LockViewers } from './lock-viewers.ts'
import { sendPage, wantsPage } from './send-page.ts'

export interface LocksRouteDeps {
  viewers: LockViewers
  /** Aborts when this process is told to stop. */
  closing: AbortSignal
}

const fileNames = ['locks.css', 'locks.js']

/** Above a page with a hundred products in line. */
const unsentBytesMax = 1_048_576

const sendLook = (request: Request, response: Response, look: LockLook): void => {
  response.setHeader('Vary', 'Accept')
  if (look.kind === 'unavailable') logReason(response, look.reason)
  if (wantsPage(request)) sendPage(response, lockPage(look, callerOf(request)))
  else if (look.kind === 'seen') response.json(look.overview)
  else sendProblem(response, { code: 'queue-unavailable', detail: 'Redis did not answer: ask again' })
}

/** The event of a look, drawn once for all who may do the same. */
const drawnBy = () => {
  let drawn: { look: LockLook; texts: Map<boolean, string> } | undefined
  return (look: LockLook, writes: boolean): string => {
    if (drawn?.look !== look) drawn = { look, texts: new Map() }
    const known = drawn.texts.get(writes)
    if (known !== undefined) return known
    const text =
      look.kind === 'seen'
        ? eventText({ event: 'seen', id: look.overview.at, data: lockSections(look.overview, writes).markup })
        : eventText({ event: 'unavailable', id: '', data: 'Redis does not answer' })
    drawn.texts.set(writes, text)
    return text
  }
}

/**
 * `GET /locks` below `/admin`: JSON, or the page; `GET /locks/events` keeps the page up to date, as the sections that it
 * shows, so that they are drawn in one place. Who may come here is decided before.
 */
export const locksRoute = ({ viewers, closing }: LocksRouteDeps): Router => {
  const textOf = drawnBy()
  const textOfFile = (name: string): string =>
    readPageText(new URL(`../pages/locks/${name}`, import.meta.url))
  const files = new Map(fileNames.map((name) => [name, pageFile(name, textOfFile(name))]))

  const follow: RequestHandler = (request, response, next) => {
    if (request.method === 'HEAD') return next()
    const caller = callerOf(request)
    const writes = mayWrite(caller)
    let show = (_look: LockLook): void => undefined
    const leave = closing.aborted ? undefined : viewers.follow((look) => show(look))
    if (!leave) {
      const detail = 'as many look already as this api can serve: come back later'
      return sendProblem(response, { code: 'overloaded', detail })
    }
    const stream = openEventStream(response, { unsentBytesMax, validUntilMs: validUntilMsOf(caller) })
    show = (look) => stream.sendText(textOf(look, writes))
    closing.addEventListener('abort', stream.end)
    response.once('close', () => {
      leave()
      closing.removeEventListener('abort', stream.end)
    })
  }

  const router = Router()
  router
    .route('/locks')
    .get(async (request, response) => sendLook(request, response, await viewers.look()))
    .all(methodNotAllowed('GET', 'HEAD'))
  router.route('/locks/events').get(follow).all(methodNotAllowed('GET'))
  router
    .route('/locks/assets/:file')
    .get((request, response, next) => {
      const file = files.get(request.params.file)
      if (file) sendPageFile(request, response, file)
      else unknownRoute(request, response, next)
    })
    .all(methodNotAllowed('GET', 'HEAD'))
  return router
}

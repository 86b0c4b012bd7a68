import { type Request, type RequestHandler, type Response, Router } from 'express'
import { wantsPage } from './locks/send-page.ts'
import { methodNotAllowed, sendProblem } from './problem-answer.ts'
import { type QueueControl, QueueUnavailableError } from './queue-control.ts'
import { logReason } from './request-log.ts'

/**
 * Answers with the state of the queue after `act`; 503 when Redis cannot be asked. The lock page's form without scripts is
 * sent back to that page.
 */
const answerState = async (
  request: Request,
  response: Response,
  queue: QueueControl,
  act?: () => Promise<void>,
): Promise<void> => {
  try {
    await act?.()
    if (act && wantsPage(request)) return response.redirect(303, '/admin/locks')
    response.json(await queue.state())
  } catch (error) {
    if (!(error instanceof QueueUnavailableError)) throw error
    logReason(response, error.message)
    sendProblem(response, {
      code: 'queue-unavailable',
      detail: act
        ? 'Redis did not answer: the queue may have been changed, which may be done again'
        : 'Redis did not answer: ask again',
    })
  }
}

/** `GET /queue`, `POST /queue/pause` and `/queue/resume` below `/admin`. Who may come here is decided before. */
export const adminQueueRoute = (queue: QueueControl): Router => {
  const doing =
    (act: () => Promise<void>): RequestHandler =>
    (request, response) =>
      answerState(request, response, queue, act)
  const router = Router()
  router
    .route('/queue')
    .get((request, response) => answerState(request, response, queue))
    .all(methodNotAllowed('GET', 'HEAD'))
  router
    .route('/queue/pause')
    .post(doing(() => queue.pause()))
    .all(methodNotAllowed('POST'))
  router
    .route('/queue/resume')
    .post(doing(() => queue.resume()))
    .all(methodNotAllowed('POST'))
  return router
}

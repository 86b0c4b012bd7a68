import { type RequestHandler, type Response, Router } from 'express'
import { methodNotAllowed, sendProblem } from './problem-answer.ts'
import { type QueueControl, QueueUnavailableError } from './queue-control.ts'
import { logReason } from './request-log.ts'

/** Answers with the state of the queue after `act`; 503 when Redis cannot be asked. */
const answerState = async (
  response: Response,
  queue: QueueControl,
  act?: () => Promise<void>,
): Promise<void> => {
  try {
    await act?.()
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
    (_request, response) =>
      answerState(response, queue, act)
  const router = Router()
  router
    .route('/queue')
    .get((_request, response) => answerState(response, queue))
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

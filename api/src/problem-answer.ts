/** Every answer with a status of 400 or above leaves through here, as `application/problem+json` (RFC 9457). */
import {
  type FieldProblem,
  type Problem,
  type ProblemCode,
  problems,
} from '@flash-sale/shared/contract/problem.ts'
import { DatabaseUnavailableError } from '@flash-sale/shared/postgres.ts'
import type { ErrorRequestHandler, RequestHandler, Response } from 'express'
import { logFault, logReason } from './request-log.ts'

/** A refusal as a value: what went wrong, in words for the caller. */
export interface Refusal {
  code: ProblemCode
  /** What was expected, what was got, what to do. */
  detail: string
  errors?: readonly FieldProblem[]
  /** Seconds, whole and at least 1, after which to try again. */
  retryAfterS?: number
  /** Of the purchase whose outcome this is. */
  jobId?: string
}

/** Seconds after which a caller may try again when a store was away. */
const retryStoreAfterS = 1

/** Sends a refusal as the whole answer. Every 503 carries Retry-After. */
export const sendProblem = (response: Response, refusal: Refusal): void => {
  const { status, title } = problems[refusal.code]
  const problem: Problem = {
    type: `/problems/${refusal.code}`,
    code: refusal.code,
    title,
    status,
    detail: refusal.detail,
    ...(refusal.errors ? { errors: [...refusal.errors] } : {}),
    ...(refusal.jobId === undefined ? {} : { jobId: refusal.jobId }),
  }
  const retryAfterS = refusal.retryAfterS ?? (status === 503 ? retryStoreAfterS : undefined)
  if (retryAfterS !== undefined) response.setHeader('Retry-After', String(retryAfterS))
  response.locals.problem = refusal.code
  response.statusCode = status
  response.setHeader('Content-Type', 'application/problem+json')
  response.end(JSON.stringify(problem))
}

/** Answers 405 for every method that the routes before it did not take. */
export const methodNotAllowed =
  (...allowed: readonly string[]): RequestHandler =>
  (request, response) => {
    response.setHeader('Allow', allowed.join(', '))
    sendProblem(response, {
      code: 'method-not-allowed',
      detail: `expected ${allowed.join(' or ')}, got ${request.method}`,
    })
  }

/** Answers 404 for everything that no route took. */
export const unknownRoute: RequestHandler = (request, response) => {
  sendProblem(response, {
    code: 'unknown-route',
    detail: `no route for ${request.method} ${request.path.slice(0, 100)}`,
  })
}

/** Faults that Express itself found in the request, such as a path that does not decode, carry a 4xx status. */
const isRequestFault = (error: unknown): boolean =>
  error instanceof Error &&
  'status' in error &&
  typeof error.status === 'number' &&
  error.status >= 400 &&
  error.status < 500

/**
 * The last handler. A fault is answered without its cause: that goes to the log, with the request's id.
 */
export const answerFault: ErrorRequestHandler = (error: unknown, request, response, next) => {
  if (response.headersSent) {
    next(error)
    return
  }
  if (error instanceof DatabaseUnavailableError) {
    logReason(response, error.message)
    sendProblem(response, {
      code: 'database-unavailable',
      detail: 'the database did not answer in time: try again',
    })
    return
  }
  if (isRequestFault(error)) {
    sendProblem(response, {
      code: 'invalid-request',
      detail: 'expected an address with valid percent-encoding in UTF-8',
    })
    return
  }
  logFault(response, error)
  sendProblem(response, {
    code: 'internal-error',
    detail: `the cause is in the log under request ${request.id}`,
  })
}

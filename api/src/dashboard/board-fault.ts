/** How a call of Bull Board's own API is answered that failed. */
import type { ErrorRequestHandler } from 'express'
import { logFault } from '../request-log.ts'

/** By the status with which Bull Board's parser of bodies refuses them. */
const expectedBodies: Readonly<Record<number, string>> = {
  400: 'a body of valid JSON',
  413: 'a body of at most 100 kB',
  415: 'a body in UTF-8 without a content encoding that is not known here',
}

/** What is wrong with a request that cannot be read; undefined for a fault of ours. */
const unreadableBy = (error: unknown): { status: number; expected: string } | undefined => {
  if (error instanceof URIError)
    return { status: 400, expected: 'an address with valid percent-encoding in UTF-8' }
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500
  const expected = expectedBodies[status]
  return expected === undefined ? undefined : { status, expected }
}

/** Bull Board by itself would answer with what was thrown, in development with its stack trace, and log nothing. */
export const answerBoardFault: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) return next(error)
  const unreadable = unreadableBy(error)
  if (!unreadable) logFault(response, error)
  const message = unreadable
    ? `expected ${unreadable.expected}`
    : 'The queues did not answer; the cause is in the log.'
  response.status(unreadable?.status ?? 500).json({ error: { key: 'ERRORS.INTERNAL_SERVER_ERROR' }, message })
}

import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { ProblemCode } from '@flash-sale/shared/contract/problem.ts'
import type { Logger } from '@flash-sale/shared/logger.ts'
import type { Request, RequestHandler, Response } from 'express'

declare global {
  namespace Express {
    interface Request {
      /** Given by a proxy or made here; in the answer's X-Request-Id and in every log line about the request. */
      id: string
    }
    interface Locals {
      /** Of the purchase that this request was about. */
      jobId?: string
      /** Why a store did not serve us. */
      reason?: string
      /** What was thrown. */
      fault?: unknown
    }
  }
}

const urlLengthMax = 200

/** A proxy's request id is kept when it is short and plain, else the request gets one of ours. */
const requestIdOf = (request: IncomingMessage): string => {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID()
}

/** Why a store did not serve us: for the log, since an answer does not tell it. */
export const logReason = (response: Response, reason: string): void => {
  response.locals.reason = reason
}

/** What was thrown: for the log, with its stack trace, which no answer shows. */
export const logFault = (response: Response, fault: unknown): void => {
  response.locals.fault = fault
}

/**
 * What a sale answers to thousands a second, by its rules or because it is full. The metrics count it; a line for each
 * would drown the log in the middle of a sale, and was 14 % of what a refusal costs (profile of 2026-11-26).
 */
const ofASale: ReadonlySet<string | undefined> = new Set<ProblemCode>([
  'sold-out',
  'limit-reached',
  'sale-not-open',
  'not-on-sale',
  'rate-limited',
  'queue-full',
  'overloaded',
])

const levelOf = (response: Response, whole: boolean): 'debug' | 'info' | 'error' => {
  if (whole && ofASale.has(response.locals.problem)) return 'debug'
  if (response.statusCode >= 500) return 'error'
  return response.statusCode >= 400 || !whole ? 'info' : 'debug'
}

const write = (logger: Logger, request: Request, response: Response, startedAtMs: number): void => {
  const whole = response.writableFinished
  const level = levelOf(response, whole)
  if (!logger.isLevelEnabled(level)) return
  const { jobId, reason, fault } = response.locals
  logger[level](
    {
      requestId: request.id,
      method: request.method,
      url: request.originalUrl.slice(0, urlLengthMax),
      status: response.statusCode,
      responseMs: Math.round(performance.now() - startedAtMs),
      ...(jobId === undefined ? {} : { jobId }),
      ...(reason === undefined ? {} : { reason }),
      ...(fault === undefined ? {} : { err: fault instanceof Error ? fault : new Error(String(fault)) }),
    },
    whole ? 'request answered' : 'the client left before it was answered',
  )
}

/**
 * One line a request, in which neither headers nor bodies appear: what succeeds or what a sale refuses at `debug`, so
 * that it does not drown the log, what the caller did wrong at `info`, what we did wrong at `error`, with its cause.
 *
 * Not pino-http: it makes a child logger for every request, also for those that log nothing, which was a tenth of the
 * api's time (26 of 270 µs, profile of 2026-11-24).
 * @param onEnd called once for each request, before its line is written.
 */
export const requestLog =
  (logger: Logger, onEnd: (request: Request, response: Response) => void): RequestHandler =>
  (request, response, next) => {
    request.id = requestIdOf(request)
    response.setHeader('X-Request-Id', request.id)
    const startedAtMs = performance.now()
    response.once('close', () => {
      onEnd(request, response)
      write(logger, request, response, startedAtMs)
    })
    next()
  }

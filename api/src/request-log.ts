import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Logger } from '@flash-sale/shared/logger.ts'
import type { Response } from 'express'
import { type HttpLogger, pinoHttp } from 'pino-http'

const urlLengthMax = 200

/** A proxy's request id is kept when it is short and plain, else the request gets one of ours. */
const requestId = (request: IncomingMessage, response: ServerResponse): string => {
  const given = request.headers['x-request-id']
  const id = typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID()
  response.setHeader('X-Request-Id', id)
  return id
}

const levelOf = (_request: IncomingMessage, response: ServerResponse, error?: Error) => {
  if (error || response.statusCode >= 500) return 'error'
  return response.statusCode >= 400 ? 'info' : 'debug'
}

/** Why a store did not serve us: for the log, since an answer does not tell it. */
export const logReason = (response: Response, reason: string): void => {
  response.locals.reason = reason
}

const reasonOf = (response: ServerResponse): unknown =>
  'locals' in response ? (response as Response).locals.reason : undefined

/**
 * One line a request, in which neither headers nor bodies appear: what succeeds at `debug`, so that a sale does not
 * drown the log, what the caller did wrong at `info`, what we did wrong at `error`, with its cause.
 */
export const requestLog = (logger: Logger): HttpLogger =>
  pinoHttp({
    logger,
    genReqId: requestId,
    customLogLevel: levelOf,
    // The raw objects: wrapping would build a copy with all headers for each request.
    wrapSerializers: false,
    serializers: {
      req: (request: IncomingMessage) => ({
        id: request.id,
        method: request.method,
        // Express cuts `url` down while it routes.
        url: String('originalUrl' in request ? request.originalUrl : request.url).slice(0, urlLengthMax),
      }),
      res: (response: ServerResponse) => ({ status: response.statusCode }),
    },
    // pino-http would make up an error with a stack trace for every 5xx that is no fault of the code.
    customErrorObject: (_request, response, error, fields) =>
      response.err ? { ...fields, err: error } : { ...fields, err: undefined, reason: reasonOf(response) },
  })

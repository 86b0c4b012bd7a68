/** Bodies of requests: JSON in UTF-8 of at most 4 kB, checked against a schema of the contract. */
import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import type { Request, RequestHandler, Response } from 'express'
import type { z } from 'zod'
import { sendInvalid } from './invalid-answer.ts'
import { type Refusal, sendProblem } from './problem-answer.ts'
import { validate } from './validate.ts'

const bodyBytesMax = 4_096
/** What is over the limit is still read up to here, so that the refusal reaches a client that is sending. */
const drainedBytesMax = 1_048_576

const jsonInUtf8 = /^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?;?\s*$/i

export type BodyBytes = { kind: 'whole'; bytes: Buffer } | { kind: 'too-large' } | { kind: 'gone' }

/**
 * Reads the body of a request, of 4 kB at most. Not Express' own parser: that one turns bytes which are no UTF-8 into U+FFFD, so that
 * two customers could become one, and reads a body of any size to its end before it refuses it.
 */
export const readBody = (request: IncomingMessage): Promise<BodyBytes> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= bodyBytesMax) chunks.push(chunk)
      else chunks.length = 0
      if (size > drainedBytesMax) {
        request.pause()
        resolve({ kind: 'too-large' })
      }
    })
    request.on('end', () =>
      resolve(
        size > bodyBytesMax ? { kind: 'too-large' } : { kind: 'whole', bytes: Buffer.concat(chunks, size) },
      ),
    )
    request.on('error', () => resolve({ kind: 'gone' }))
    request.on('close', () => resolve({ kind: 'gone' }))
  })

/** A byte order mark is no part of the text (RFC 8259: may be ignored). */
const withoutMark = (text: string): string => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)

const parse = (bytes: Buffer): { value: unknown } | undefined => {
  if (!isUtf8(bytes)) return undefined
  try {
    return { value: JSON.parse(withoutMark(bytes.toString('utf8'))) }
  } catch {
    return undefined
  }
}

const mediaTypeRefusal = (request: IncomingMessage): Refusal | undefined => {
  const type = request.headers['content-type']
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (type !== undefined && jsonInUtf8.test(type) && encoding.toLowerCase() === 'identity') return undefined
  const got = encoding.toLowerCase() === 'identity' ? (type ?? 'no content type') : `encoding ${encoding}`
  return {
    code: 'unsupported-media-type',
    detail: `expected content-type application/json in UTF-8 without compression, got ${got.slice(0, 60)}`,
  }
}

const tooLarge: Refusal = { code: 'body-too-large', detail: `expected at most ${bodyBytesMax} bytes` }

/** Refuses what is left unread: the connection cannot serve another request. */
const refuseAndClose = (response: Response, refusal: Refusal): void => {
  response.setHeader('Connection', 'close')
  sendProblem(response, refusal)
}

/**
 * A route's handler that gets its body read, parsed and validated; whatever is wrong with it is answered here.
 * @param serve called with the valid body only.
 */
export const withBody =
  <T extends z.ZodType, P extends Record<string, string> = Record<string, string>>(
    schema: T,
    serve: (body: z.output<T>, request: Request<P>, response: Response) => Promise<void>,
  ): RequestHandler<P> =>
  async (request, response) => {
    const mediaType = mediaTypeRefusal(request)
    if (mediaType) return refuseAndClose(response, mediaType)
    if (Number(request.headers['content-length'] ?? 0) > drainedBytesMax) {
      return refuseAndClose(response, tooLarge)
    }
    const body = await readBody(request)
    if (body.kind === 'gone') return
    if (body.kind === 'too-large') return refuseAndClose(response, tooLarge)

    const parsed = parse(body.bytes)
    if (!parsed) {
      return sendProblem(response, { code: 'malformed-json', detail: 'expected one JSON object in UTF-8' })
    }
    const validated = validate(schema, parsed.value)
    if (!validated.valid) return sendInvalid(response, validated.errors)
    await serve(validated.data, request, response)
  }

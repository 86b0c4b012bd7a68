import type { Request, RequestHandler, Response } from 'express'
import type { z } from 'zod'
import { sendInvalid } from './invalid-answer.ts'
import { validate } from './validate.ts'

/**
 * A route's handler that gets its query string validated against a schema of the contract; whatever is wrong with it is
 * answered here, as of a body.
 * @param serve called with a valid query only.
 */
export const withQuery =
  <T extends z.ZodType, P extends Record<string, string> = Record<string, string>>(
    schema: T,
    serve: (query: z.output<T>, request: Request<P>, response: Response) => Promise<void>,
  ): RequestHandler<P> =>
  async (request, response) => {
    const validated = validate(schema, { ...request.query })
    if (!validated.valid) return sendInvalid(response, validated.errors)
    await serve(validated.data, request, response)
  }

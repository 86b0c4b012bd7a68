import { z } from 'zod'

/**
 * The one table of problems (RFC 9457, `application/problem+json`). `type` is `/problems/{code}`.
 * A code is part of the contract: clients switch on it, so it never changes its meaning.
 */
export const problems = {
  'malformed-json': { status: 400, title: 'The body is not valid JSON' },
  'invalid-request': { status: 400, title: 'The request has missing or invalid fields' },
  unauthorized: { status: 401, title: 'A valid token is needed' },
  forbidden: { status: 403, title: 'This caller may not do this' },
  'sale-not-open': { status: 403, title: 'The sale of this product has not opened yet' },
  'strategy-not-allowed': {
    status: 403,
    title: 'The naive strategy is for demo products, where it is switched on',
  },
  'not-a-demo-product': { status: 403, title: 'Only a demo product may be reset' },
  'unknown-route': { status: 404, title: 'There is nothing at this address' },
  'unknown-product': { status: 404, title: 'There is no product with this id' },
  'unknown-purchase': { status: 404, title: 'There is no purchase with this id' },
  'unknown-order': { status: 404, title: 'There is no order with this id' },
  'unknown-customer': { status: 404, title: 'There is no customer with this id' },
  'method-not-allowed': { status: 405, title: 'This address does not answer this method' },
  'sold-out': { status: 409, title: 'This product is sold out' },
  'limit-reached': { status: 409, title: 'This customer has bought as many as one may' },
  'not-on-sale': { status: 409, title: 'This product is not on sale any more' },
  'purchase-failed': { status: 409, title: 'This purchase can never be settled' },
  'body-too-large': { status: 413, title: 'The body is larger than 4 kB' },
  'unsupported-media-type': { status: 415, title: 'The body must be application/json in UTF-8' },
  'idempotency-key-reused': {
    status: 422,
    title: 'This customer has used this Idempotency-Key for another purchase',
  },
  'rate-limited': { status: 429, title: 'Too many requests from this customer or address' },
  'internal-error': { status: 500, title: 'A fault on our side' },
  'queue-unavailable': { status: 503, title: 'The queue cannot be reached or takes no purchases now' },
  'outcome-unknown': {
    status: 503,
    title: 'The queue did not answer in time: the purchase may have been accepted',
  },
  'queue-full': { status: 503, title: 'More purchases wait than the queue takes' },
  overloaded: { status: 503, title: 'This api has more requests than it can answer in time' },
  'identity-unavailable': { status: 503, title: 'The keys that tokens are checked with cannot be fetched' },
  'database-unavailable': { status: 503, title: 'The database cannot be reached' },
} as const

export type ProblemCode = keyof typeof problems

export const problemCodes = Object.keys(problems) as ProblemCode[]

/** One field that was refused. */
const fieldProblemSchema = z.object({
  path: z
    .string()
    .describe(
      'A JSON path like `quantity`, empty for the body itself, or the name of a header like `Idempotency-Key`.',
    ),
  message: z.string().describe('What was expected, what was got.'),
})
export type FieldProblem = z.infer<typeof fieldProblemSchema>

/** Body of every answer with a status of 400 or above. */
export const problemSchema = z
  .object({
    type: z.templateLiteral(['/problems/', z.enum(problemCodes)]),
    code: z.enum(problemCodes).describe('What to switch on: a code never changes its meaning.'),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().describe('What was expected, what was got, what to do.'),
    errors: z.array(fieldProblemSchema).optional().describe('The first few fields that were refused.'),
    jobId: z
      .uuid()
      .optional()
      .describe('Of the purchase whose outcome this is; absent when none was accepted.'),
  })
  .meta({ description: 'A refusal or a fault (RFC 9457).' })
export type Problem = z.infer<typeof problemSchema>

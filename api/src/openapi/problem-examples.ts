import type { FieldProblem, Problem, ProblemCode } from '@flash-sale/shared/contract/problem.ts'
import { problems } from '@flash-sale/shared/contract/problem.ts'

type Words = Pick<Problem, 'detail' | 'jobId'> & { errors?: FieldProblem[] }

const jobId = '019ac0e6-3f80-7d2c-9c55-0f3a1f6f2b11'

/** What each problem says when it happens; a code without an example does not compile. */
const words: Record<ProblemCode, Words> = {
  'malformed-json': { detail: 'expected one JSON object in UTF-8' },
  'invalid-request': {
    detail: 'quantity: expected at most 10, got 11',
    errors: [{ path: 'quantity', message: 'expected at most 10, got 11' }],
  },
  unauthorized: { detail: 'expected Authorization: Bearer TOKEN, got none' },
  forbidden: { detail: 'expected an operator for POST, got ann, who is a viewer' },
  'sale-not-open': { detail: 'the sale opens at 2030-01-31T18:00:00.000Z' },
  'strategy-not-allowed': { detail: 'the naive strategy is switched off here: leave out strategy' },
  'not-a-demo-product': { detail: 'product 1 keeps its purchases and orders' },
  'unknown-route': { detail: 'no route for GET /shop' },
  'unknown-product': { detail: 'there is no product "99"' },
  'unknown-purchase': { detail: `there is no purchase "${jobId}"` },
  'method-not-allowed': { detail: 'expected GET or HEAD, got DELETE' },
  'sold-out': { detail: 'product 1 was sold out a moment ago' },
  'body-too-large': { detail: 'expected at most 4096 bytes' },
  'unsupported-media-type': {
    detail: 'expected content-type application/json in UTF-8 without compression, got text/plain',
  },
  'idempotency-key-reused': {
    detail:
      'expected the productId, quantity and strategy that this Idempotency-Key was sent with before: ' +
      'a new purchase needs a new key',
  },
  'internal-error': {
    detail: 'the cause is in the log under request 5d2c1a52-1d0a-4d0c-9c61-2b1f0a7f9d3e',
  },
  'queue-unavailable': {
    detail:
      'the queue cannot take purchases now: send it again with the same Idempotency-Key, it stays one purchase',
  },
  'outcome-unknown': {
    detail:
      'the queue did not answer in time: send it again with the same Idempotency-Key, it stays one purchase',
  },
  'queue-full': { detail: '500000 purchases wait already: send it again in 12 s' },
  overloaded: { detail: 'this api is 400 ms behind: send it again in 1 s' },
  'identity-unavailable': { detail: 'the keys that tokens are checked with cannot be fetched: try again' },
  'rate-limited': { detail: 'expected at most 30 purchases of a customer in 60 s: try again in 12 s' },
  'limit-reached': { detail: 'this customer has bought as many units of product 1 as one may', jobId },
  'not-on-sale': { detail: 'the sale of product 1 had closed when its turn came', jobId },
  'purchase-failed': { detail: 'this purchase can never be settled', jobId },
  'unknown-order': { detail: 'there is no order "99"' },
  'unknown-customer': { detail: 'there is no customer "c-99" for you' },
  'database-unavailable': { detail: 'the database did not answer in time: try again' },
}

/** A problem as it is answered. */
export const problemExample = (code: ProblemCode): Problem => {
  const { status, title } = problems[code]
  return { type: `/problems/${code}`, code, title, status, ...words[code] }
}

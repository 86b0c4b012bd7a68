import { expect, onTestFinished, test } from 'vitest'
import { answering, type Handler, inTurn, resetting, serve } from '../test/http-server.ts'
import { createClient } from './client.ts'
import { submitPurchase } from './submit.ts'

const accepted = answering(202, { jobId: 'j', status: 'queued', statusUrl: '/purchases/j', pollAfterMs: 3 })
const busy = answering(503, { code: 'queue-unavailable', detail: 'later' }, { 'retry-after': '0' })

const unknown = answering(503, { code: 'outcome-unknown', detail: '' }, { 'retry-after': '0' })
const acceptedBefore = answering(
  202,
  { jobId: 'j', status: 'queued', statusUrl: '/purchases/j', pollAfterMs: 3 },
  { 'idempotency-replayed': 'true' },
)

const request = { productId: 1, customerId: 'c', quantity: 2 }

async function submit(steps: Handler[], timeoutMs = 10_000) {
  const bodies: unknown[] = []
  const keys = new Set<unknown>()
  const answer = inTurn(...steps)
  const origin = await serve((received, response, body) => {
    bodies.push(body)
    keys.add(received.headers['idempotency-key'])
    answer(received, response, body)
  })
  const client = createClient(origin, 1)
  onTestFinished(() => client.destroy('the test is over'))
  const submission = await submitPurchase(client, { key: 'k-1', request }, performance.now() + timeoutMs)
  return { submission, bodies, keys }
}

test('an accepted purchase', async () => {
  expect(await submit([accepted])).toEqual({
    submission: {
      kind: 'accepted',
      jobId: 'j',
      pollAfterMs: 3,
      retries: 0,
      replayed: false,
    },
    bodies: [request],
    keys: new Set(['k-1']),
  })
})

test.each<[string, Handler]>([
  ['a 503 that says when to come back', busy],
  ['a 503 that does not', answering(503, {})],
  ['a 429', answering(429, {}, { 'retry-after': 'Thu, 01 Jan 2026 00:00:00 GMT' })],
  ['an unknown outcome', unknown],
  ['a reset connection', resetting],
  ['a gateway that got no answer', answering(502, 'bad')],
  ['a gateway that gave up', answering(504, 'late')],
])('%s is sent again, with the same key', async (_name, trouble) => {
  const { submission, bodies, keys } = await submit([trouble, trouble, accepted])
  expect(submission).toMatchObject({ kind: 'accepted', retries: 2, replayed: false })
  expect(bodies).toEqual([request, request, request])
  expect(keys).toEqual(new Set(['k-1']))
})

test('an answer was lost and the purchase was accepted: the server says so', async () => {
  const { submission } = await submit([resetting, acceptedBefore])
  expect(submission).toMatchObject({ kind: 'accepted', retries: 1, replayed: true })
})

test('thirty attempts are enough', async () => {
  const { submission, bodies } = await submit([busy])
  expect(submission).toEqual({
    kind: 'refused',
    reason: 'queue-unavailable',
    detail: 'queue-unavailable: later',
    retries: 29,
  })
  expect(bodies).toHaveLength(30)
})

test('what was perhaps accepted once is not refused afterwards', async () => {
  const { submission } = await submit([unknown, answering(403, { code: 'sale-not-open', detail: 'soon' })])
  expect(submission).toMatchObject({ kind: 'unanswered', reason: 'sale-not-open', retries: 1 })
})

test.each<[string, Handler, object]>([
  [
    'a server that is busy',
    answering(429, {}, { 'retry-after': '60' }),
    { kind: 'refused', reason: 'HTTP 429' },
  ],
  [
    'an unknown outcome',
    answering(503, { code: 'outcome-unknown', detail: '' }, { 'retry-after': '9' }),
    { kind: 'unanswered', reason: 'outcome-unknown' },
  ],
])('no pause goes past the deadline: %s', async (_name, handler, expected) => {
  const { submission, bodies } = await submit([handler], 1_000)
  expect(submission).toMatchObject({ ...expected, retries: 0 })
  expect(bodies).toHaveLength(1)
})

test.each<[string, Handler, object]>([
  ['a 202 that cannot be read', answering(202, 'ok'), { kind: 'unanswered', reason: 'unreadable 202' }],
  ['a fault of the server', answering(500, {}), { kind: 'refused', reason: 'HTTP 500' }],
  [
    'a refusal',
    answering(403, { code: 'sale-not-open', detail: 'soon' }),
    { kind: 'refused', reason: 'sale-not-open', detail: 'sale-not-open: soon' },
  ],
  [
    'a key that was used',
    answering(422, { code: 'idempotency-key-reused', detail: 'x' }),
    { kind: 'refused', reason: 'idempotency-key-reused' },
  ],
])('%s is not sent again', async (_name, handler, expected) => {
  const { submission, bodies } = await submit([handler, accepted])
  expect(submission).toMatchObject(expected)
  expect(bodies).toHaveLength(1)
})

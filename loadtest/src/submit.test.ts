import { expect, onTestFinished, test } from 'vitest'
import { answering, type Handler, inTurn, resetting, serve } from '../test/http-server.ts'
import { createClient } from './client.ts'
import { submitPurchase } from './submit.ts'

const accepted = answering(202, { jobId: 'j', status: 'queued', statusUrl: '/purchases/j', pollAfterMs: 3 })
const busy = answering(503, { code: 'queue-unavailable', detail: 'later' }, { 'retry-after': '0' })

async function submit(steps: Handler[], timeoutMs = 10_000) {
  const bodies: unknown[] = []
  const answer = inTurn(...steps)
  const origin = await serve((request, response, body) => {
    bodies.push(body)
    answer(request, response, body)
  })
  const client = createClient(origin, 1)
  onTestFinished(() => client.destroy('the test is over'))
  const purchase = { productId: 1, customerId: 'c', quantity: 2 }
  return { submission: await submitPurchase(client, purchase, performance.now() + timeoutMs), bodies }
}

test('an accepted purchase', async () => {
  expect(await submit([accepted])).toEqual({
    submission: { kind: 'accepted', jobId: 'j', statusPath: '/purchases/j', pollAfterMs: 3 },
    bodies: [{ productId: 1, customerId: 'c', quantity: 2 }],
  })
})

test('an absolute status address is asked at the origin we know', async () => {
  const { submission } = await submit([
    answering(202, { jobId: 'j', statusUrl: 'http://inside:9/purchases/j?x=1' }),
  ])
  expect(submission).toMatchObject({ kind: 'accepted', statusPath: '/purchases/j?x=1' })
})

test.each<[string, Handler]>([
  ['a 503 that says when to come back', busy],
  ['a 429', answering(429, {}, { 'retry-after': 'Thu, 01 Jan 2026 00:00:00 GMT' })],
])('%s is sent again', async (_name, refusal) => {
  const { submission, bodies } = await submit([refusal, refusal, accepted])
  expect(submission.kind).toBe('accepted')
  expect(bodies).toHaveLength(3)
})

test('five attempts are enough', async () => {
  const { submission, bodies } = await submit([busy])
  expect(submission).toEqual({
    kind: 'refused',
    reason: 'queue-unavailable',
    detail: 'queue-unavailable: later',
  })
  expect(bodies).toHaveLength(5)
})

test('no pause goes past the deadline', async () => {
  const { submission, bodies } = await submit([answering(429, {}, { 'retry-after': '60' })], 1_000)
  expect(submission).toMatchObject({ kind: 'refused', reason: 'HTTP 429' })
  expect(bodies).toHaveLength(1)
})

// Sent again, each of these could become a second purchase of the same buyer.
test.each<[string, Handler, object]>([
  ['a reset connection', resetting, { kind: 'unanswered' }],
  [
    'an unknown outcome',
    answering(503, { code: 'outcome-unknown', detail: '' }, { 'retry-after': '0' }),
    { kind: 'unanswered', reason: 'outcome-unknown' },
  ],
  ['a gateway that gave up', answering(504, 'late'), { kind: 'unanswered', reason: 'HTTP 504' }],
  ['a 202 that cannot be read', answering(202, 'ok'), { kind: 'unanswered', reason: 'unreadable 202' }],
  ['a 503 without Retry-After', answering(503, {}), { kind: 'refused', reason: 'HTTP 503' }],
  [
    'a refusal',
    answering(403, { code: 'sale-not-open', detail: 'soon' }),
    { kind: 'refused', reason: 'sale-not-open', detail: 'sale-not-open: soon' },
  ],
])('%s is not sent again', async (_name, handler, expected) => {
  const { submission, bodies } = await submit([handler, accepted])
  expect(submission).toMatchObject(expected)
  expect(bodies).toHaveLength(1)
})

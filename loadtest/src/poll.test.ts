import { expect, onTestFinished, test } from 'vitest'
import { answering, type Handler, inTurn, resetting, serve, silent } from '../test/http-server.ts'
import { createClient } from './client.ts'
import { pollToOutcome } from './poll.ts'

const view = (status: string, more: object = {}) => ({
  jobId: 'j',
  productId: 1,
  quantity: 1,
  status,
  acceptedAt: '2026-01-01T00:00:00.000Z',
  ...more,
})
const pending = (status: string) => answering(200, view(status, { pollAfterMs: 1 }))
const settled = answering(200, view('sold_out'))

/** Polls a server that answers in turn; counts how often it was asked. */
async function poll(steps: Handler[], timeoutMs = 10_000) {
  let asked = 0
  const answer = inTurn(...steps)
  const origin = await serve((request, response, body) => {
    asked += 1
    answer(request, response, body)
  })
  const client = createClient(origin, 1)
  onTestFinished(() => client.destroy('the test is over'))
  const deadline = setTimeout(() => void client.destroy('no answer in time'), timeoutMs)
  const accepted = { jobId: 'j', pollAfterMs: 1 }
  const ending = await pollToOutcome(client, accepted, performance.now() + timeoutMs)
  clearTimeout(deadline)
  return { ending, asked }
}

test('asks until there is an outcome', async () => {
  const { ending, asked } = await poll([
    pending('queued'),
    pending('waiting_for_lock'),
    pending('settling'),
    settled,
  ])
  expect(ending).toMatchObject({ kind: 'settled', outcome: 'sold_out', view: { jobId: 'j' } })
  expect(asked).toBe(4)
})

test.each(['confirmed', 'sold_out', 'limit_reached', 'not_on_sale', 'failed'])(
  '%s is an outcome',
  async (outcome) => {
    expect((await poll([answering(200, view(outcome))])).ending).toMatchObject({ kind: 'settled', outcome })
  },
)

test.each<[string, Handler]>([
  ['503', answering(503, { code: 'database-unavailable', detail: '' })],
  ['503 with Retry-After', answering(503, {}, { 'retry-after': '0' })],
  ['429', answering(429, {})],
  ['500', answering(500, {})],
  ['a reset connection', resetting],
  ['an answer that is not JSON', (_request, response) => void response.end('<html>')],
  ['a status that nobody knows', pending('sleeping')],
])('%s is asked again', async (_name, trouble) => {
  const { ending, asked } = await poll([trouble, trouble, settled])
  expect(ending).toMatchObject({ kind: 'settled', outcome: 'sold_out' })
  expect(asked).toBe(3)
})

test.each([
  [404, { code: 'unknown-purchase', detail: '' }, 'unknown-purchase'],
  [401, 'who?', 'HTTP 401'],
])('%i is a lost purchase', async (status, body, reason) => {
  expect(await poll([pending('queued'), answering(status, body)])).toEqual({
    ending: { kind: 'lost', reason },
    asked: 2,
  })
})

test.each<[string, Handler]>([
  ['never settles', pending('queued')],
  ['never answers', silent],
  ['is down for good', answering(503, {})],
])('a purchase of a server that %s is lost at the deadline', async (_name, handler) => {
  const { ending } = await poll([handler], 150)
  expect(ending).toEqual({ kind: 'lost', reason: 'no outcome in time' })
})

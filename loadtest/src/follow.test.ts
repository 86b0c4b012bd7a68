import { expect, onTestFinished, test } from 'vitest'
import { answering, type Handler, inTurn, serve } from '../test/http-server.ts'
import { createClient } from './client.ts'
import { follow } from './follow.ts'

const view = { jobId: 'j', productId: 1, quantity: 1, acceptedAt: '2026-01-01T00:00:00.000Z' }
const soldOut = answering(200, { ...view, status: 'sold_out' })
const forgotten = answering(404, { code: 'unknown-purchase', detail: 'gone' })
const accepted = answering(202, { jobId: 'j', status: 'queued', statusUrl: '/purchases/j', pollAfterMs: 1 })
const refused = answering(403, { code: 'sale-not-open', detail: 'soon' })

/** Follows a purchase that took one retry to be accepted; the server answers GET and POST in turn. */
async function followAt(gets: Handler[], posts: Handler[], resendsMax = 3) {
  const [get, post] = [inTurn(...gets), inTurn(...posts)]
  const keys: unknown[] = []
  const origin = await serve((request, response, body) => {
    if (request.method === 'POST') keys.push(request.headers['idempotency-key'])
    return request.method === 'POST' ? post(request, response, body) : get(request, response, body)
  })
  const client = createClient(origin, 1)
  onTestFinished(() => client.destroy('the test is over'))
  const purchase = { key: 'k-1', request: { productId: 1, customerId: 'c', quantity: 1 } }
  const first = { jobId: 'j', pollAfterMs: 1, retries: 1, replayed: false }
  const patience = { deadlineAtMs: performance.now() + 10_000, resendsMax }
  return { ...(await follow(client, purchase, { kind: 'accepted', ...first }, patience)), keys }
}

test('a purchase that has its outcome is not sent again', async () => {
  const { ending, retries, keys } = await followAt([soldOut], [])
  expect({ ending, retries, keys }).toMatchObject({ ending: { outcome: 'sold_out' }, retries: 1, keys: [] })
})

test('one that was forgotten is sent again with its key until it has an outcome', async () => {
  const { ending, retries, keys } = await followAt([forgotten, forgotten, soldOut], [accepted])
  expect({ ending, retries }).toMatchObject({ ending: { outcome: 'sold_out' }, retries: 3 })
  expect(keys).toEqual(['k-1', 'k-1'])
})

test.each([0, 3])('one that is forgotten each time is lost after %i resends', async (resendsMax) => {
  const { ending, retries, keys } = await followAt([forgotten], [accepted], resendsMax)
  expect(ending).toEqual({ kind: 'lost', reason: 'unknown-purchase' })
  expect({ retries, sent: keys.length }).toEqual({ retries: 1 + resendsMax, sent: resendsMax })
})

test('one that is forgotten and then refused is lost', async () => {
  const { ending, retries } = await followAt([forgotten], [refused])
  expect({ ending, retries }).toEqual({ ending: { kind: 'lost', reason: 'unknown-purchase' }, retries: 2 })
})

test('one that is lost in another way is not sent again', async () => {
  const { ending, keys } = await followAt([answering(410, {})], [accepted])
  expect({ ending, keys }).toEqual({ ending: { kind: 'lost', reason: 'HTTP 410' }, keys: [] })
})

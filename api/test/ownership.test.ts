/** What belongs to a customer, over HTTP with `AUTH_MODE=jwt`: who gets it, and who is told that it does not exist. */
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { customerHeaders, jwtEnv } from './customer-token.ts'
import { readEvents } from './event-reader.ts'
import { expectProblem } from './expect-problem.ts'
import { type Answer, adminHeaders, type ServedApi, serveApi, viewerHeaders } from './served-api.ts'
import { settle } from './settled-by-hand.ts'

const stores = isolatedStores()
let api: ServedApi
const callers: Record<string, Record<string, string>> = {
  nobody: {},
  viewer: viewerHeaders,
  operator: adminHeaders,
}
/** What belongs to ann. */
let pending: string
let settled: string
let orderId: number

const buyAs = async (customerId: string, productId: number): Promise<string> => {
  const answer = await api.call('/purchases', { json: { productId }, headers: callers[customerId] ?? {} })
  return answer.body.jobId
}

beforeAll(async () => {
  api = await serveApi(stores, { env: jwtEnv })
  for (const customerId of ['ann', 'bob']) callers[customerId] = await customerHeaders(customerId)
  const productId = await api.createProduct()
  pending = await buyAs('ann', productId)
  settled = await buyAs('ann', productId)
  orderId = (await settle(api, productId, settled, 'ann')).orderId ?? 0
  await settle(api, productId, await buyAs('bob', productId), 'bob')
})
afterAll(() => api.close())

const noJob = '0198a0de-0000-7000-8000-000000000000'

/** What is hers, and the same of what does not exist. */
const things: [what: string, path: () => string, absent: string, code: string][] = [
  ['a job that waits', () => `/purchases/${pending}`, `/purchases/${noJob}`, 'unknown-purchase'],
  ['a settled purchase', () => `/purchases/${settled}`, `/purchases/${noJob}`, 'unknown-purchase'],
  [
    'its id in capitals',
    () => `/purchases/${settled.toUpperCase()}`,
    `/purchases/${noJob}`,
    'unknown-purchase',
  ],
  ['its events', () => `/purchases/${settled}/events`, `/purchases/${noJob}/events`, 'unknown-purchase'],
  [
    'the events of a job',
    () => `/purchases/${pending}/events`,
    `/purchases/${noJob}/events`,
    'unknown-purchase',
  ],
  ['her order', () => `/orders/${orderId}`, '/orders/999999', 'unknown-order'],
  ['her list', () => '/customers/ann/purchases', '/customers/carl/purchases', 'unknown-customer'],
  [
    'a part of it',
    () => '/customers/ann/purchases?outcome=confirmed&limit=1',
    '/customers/carl/purchases',
    'unknown-customer',
  ],
]

/** Of a stream only the head: that of a job that waits would not end. */
const look = async (path: string, who: string, more: Record<string, string> = {}): Promise<Answer> => {
  const headers = { ...callers[who], ...more }
  if (!path.endsWith('/events')) return api.call(path, { headers })
  const stream = await readEvents(`http://127.0.0.1:${api.port}${path}`, headers)
  stream.leave()
  return { status: stream.status, headers: stream.headers, body: {} as Answer['body'], text: '' }
}

describe.each(things)('%s', (_what, path, absent, code) => {
  test.each(['ann', 'viewer', 'operator'])('is there for %s', async (who) => {
    expect((await look(path(), who)).status).toBe(200)
  })

  test('is not there for another customer, word for word', async () => {
    const headers = callers.bob ?? {}
    const [hers, none] = [await api.call(path(), { headers }), await api.call(absent, { headers })]
    expectProblem(hers, 404, code)
    const withoutId = ({ text }: Answer, address: string): string =>
      text.replace(address.split(/[/?]/)[2]?.toLowerCase() ?? '', 'ID')
    expect(withoutId(hers, path())).toBe(withoutId(none, absent))
    expect([...hers.headers.keys()]).toEqual([...none.headers.keys()])
  })

  test('is for nobody without a token', async () => {
    expectProblem(await api.call(path()), 401, 'unauthorized')
  })
})

describe('waiting', () => {
  test.each([
    ['a job that waits', () => `/purchases/${pending}`],
    ['a settled purchase', () => `/purchases/${settled}`],
  ])('for %s of somebody else is refused at once', async (_what, path) => {
    // With a wait this long the test would time out.
    const answer = await look(path(), 'bob', { prefer: 'wait=30' })
    expect(answer.status).toBe(404)
    expect(answer.headers.get('preference-applied')).toBeNull()
  })

  test.each(['ann', 'viewer'])('is for %s', async (who) => {
    const answer = await look(`/purchases/${settled}`, who, { prefer: 'wait=30' })
    expect({ status: answer.status, applied: answer.headers.get('preference-applied') }).toEqual({
      status: 200,
      applied: 'wait=30',
    })
  })

  test('who knows of the outcome already is told nothing that others are not', async () => {
    const answer = await look(`/purchases/${settled}/events`, 'bob', { 'last-event-id': 'confirmed' })
    const none = await look(`/purchases/${noJob}/events`, 'bob', { 'last-event-id': 'confirmed' })
    expect(answer.status).toBe(none.status)
  })
})

describe('me', () => {
  test.each(['ann', 'bob'])('is %s, and the list the same as by name', async (who) => {
    const mine = await look('/customers/me/purchases', who)
    expect(mine.status).toBe(200)
    expect(mine.body.purchases).toHaveLength(1)
    expect(mine.body).toEqual((await look(`/customers/${who}/purchases`, who)).body)
  })

  test.each(['viewer', 'operator'])('is nobody for the %s', async (who) => {
    expectProblem(await look('/customers/me/purchases', who), 400, 'invalid-request')
  })
})

test('an order names its customer to those who may see it', async () => {
  for (const who of ['ann', 'viewer'])
    expect(await look(`/orders/${orderId}`, who)).toMatchObject({
      body: { orderId, jobId: settled, customerId: 'ann' },
    })
})

test("an idempotency key is its customer's own: with another's it is another purchase", async () => {
  const productId = await api.createProduct()
  const buy = (who: string) =>
    api.call('/purchases', {
      json: { productId },
      headers: { ...callers[who], 'idempotency-key': 'k', prefer: 'wait=0' },
    })
  const [hers, his] = [await buy('ann'), await buy('bob')]
  expect(his.status).toBe(202)
  expect(his.headers.get('idempotency-replayed')).toBeNull()
  expect(his.body.jobId).not.toBe(hers.body.jobId)
})

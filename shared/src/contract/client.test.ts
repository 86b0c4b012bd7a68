import { describe, expect, test } from 'vitest'
import { contractServer, cut, json, problem, type Step, silent, stream } from '../../test/contract-server.ts'
import { type ClientOptions, createClient } from './client.ts'
import { ClientFault } from './client-fault.ts'

const jobId = '019ac0e6-3f80-7d2c-9c55-0f3a1f6f2b11'
const accepted = json(202, { jobId, status: 'queued', statusUrl: `/purchases/${jobId}`, pollAfterMs: 7 })
const replayed = json(202, { jobId, status: 'queued', pollAfterMs: 7 }, { 'idempotency-replayed': 'true' })
const soon = { 'retry-after': '0' }

const viewOf = (status: string, more: object = {}) => ({
  jobId,
  productId: 1,
  quantity: 1,
  status,
  acceptedAt: '2030-01-31T18:00:00.000Z',
  ...more,
})
const eventOf = (status: string): string =>
  `event: status\nid: ${status}\ndata: ${JSON.stringify(viewOf(status))}\n\n`

const against = async (steps: readonly Step[], options: Partial<ClientOptions> = {}) => {
  const { baseUrl, received } = await contractServer(...steps)
  return { client: createClient({ baseUrl, ...options }), received }
}

const faultOf = async (call: Promise<unknown>): Promise<ClientFault> => {
  const thrown = await call.then(
    (value) => expect.fail(`expected a fault, got ${JSON.stringify(value)}`),
    (error: unknown) => error,
  )
  expect(thrown).toBeInstanceOf(ClientFault)
  return thrown as ClientFault
}

describe('buy', () => {
  const purchase = { productId: 1, quantity: 2, customerId: 'c-17' }

  test('an accepted purchase', async () => {
    const { client, received } = await against([accepted], { token: async () => 'secret' })
    const bought = await client.buy({ ...purchase, idempotencyKey: 'k-1' })
    expect(bought).toEqual({
      kind: 'accepted',
      jobId,
      pollAfterMs: 7,
      replayed: false,
      idempotencyKey: 'k-1',
      attempts: 1,
    })
    expect(received).toMatchObject([
      {
        method: 'POST',
        path: '/purchases',
        body: purchase,
        headers: {
          'idempotency-key': 'k-1',
          authorization: 'Bearer secret',
          'content-type': 'application/json',
        },
      },
    ])
  })

  test('makes a new key for each purchase', async () => {
    const { client, received } = await against([accepted])
    await client.buy(purchase)
    await client.buy(purchase)
    const keys = received.map(({ headers }) => headers['idempotency-key'])
    expect(new Set(keys).size).toBe(2)
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/)
  })

  test.each<[string, Step]>([
    ['a 503 with Retry-After', problem(503, 'queue-full', soon)],
    ['an unknown outcome', problem(503, 'outcome-unknown', soon)],
    ['a 429', problem(429, 'rate-limited', soon)],
    ['a cut connection', cut],
    ['a gateway that got no answer', json(502, 'bad')],
  ])('%s is sent again with the same key', async (_what, trouble) => {
    const { client, received } = await against([trouble, trouble, replayed])
    expect(await client.buy(purchase)).toMatchObject({ kind: 'accepted', attempts: 3, replayed: true })
    expect(new Set(received.map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
  })

  test.each([
    [403, 'sale-not-open'],
    [409, 'sold-out'],
    [422, 'idempotency-key-reused'],
    [400, 'invalid-request'],
  ])('%i %s is a value, and not sent again', async (status, code) => {
    const { client, received } = await against([problem(status, code), accepted])
    expect(await client.buy(purchase)).toMatchObject({
      kind: 'refused',
      problem: { code, status },
      mayBeAccepted: false,
      attempts: 1,
    })
    expect(received).toHaveLength(1)
  })

  test('a refusal after a lost answer says that the purchase may be accepted all the same', async () => {
    const { client } = await against([cut, problem(409, 'sold-out')])
    expect(await client.buy(purchase)).toMatchObject({ kind: 'refused', mayBeAccepted: true, attempts: 2 })
  })

  test('attempts are limited, and the fault tells what is known', async () => {
    const { client, received } = await against([problem(503, 'queue-full', soon)], { attemptsMax: 3 })
    const fault = await faultOf(client.buy({ ...purchase, idempotencyKey: 'k-2' }))
    expect(fault).toMatchObject({
      reason: 'unavailable',
      status: 503,
      problem: { code: 'queue-full' },
      idempotencyKey: 'k-2',
      attempts: 3,
      mayBeAccepted: false,
    })
    expect(received).toHaveLength(3)
  })

  test('a Retry-After beyond the time that is left ends the call', async () => {
    const { client, received } = await against([problem(503, 'outcome-unknown', { 'retry-after': '600' })])
    expect(await faultOf(client.buy(purchase))).toMatchObject({ reason: 'unavailable', mayBeAccepted: true })
    expect(received).toHaveLength(1)
  })

  test.each<[string, Step, object]>([
    ['a 500', problem(500, 'internal-error'), { reason: 'unavailable', mayBeAccepted: false }],
    ['a page instead of a refusal', json(403, '<html>'), { reason: 'unreadable', mayBeAccepted: false }],
    ['a 202 that cannot be read', json(202, 'ok'), { reason: 'unreadable', mayBeAccepted: true }],
  ])('%s is a fault, and not sent again', async (_what, step, expected) => {
    const { client, received } = await against([step, accepted])
    expect(await faultOf(client.buy(purchase))).toMatchObject(expected)
    expect(received).toHaveLength(1)
  })

  test('a token that cannot be had is a fault, and nothing is sent', async () => {
    const token = () => Promise.reject(new Error('signed out'))
    const { client, received } = await against([accepted], { token })
    expect(await faultOf(client.buy(purchase))).toMatchObject({ reason: 'token', mayBeAccepted: false })
    expect(received).toEqual([])
  })

  test('the time of the whole call is limited', async () => {
    const { client } = await against([silent])
    expect(await faultOf(client.buy(purchase, { withinMs: 50 }))).toMatchObject({
      reason: 'timeout',
      mayBeAccepted: true,
    })
  })

  test('one attempt is limited, and the next may succeed', async () => {
    const { client } = await against([silent, replayed], { attemptTimeoutMs: 50 })
    expect(await client.buy(purchase)).toMatchObject({ kind: 'accepted', attempts: 2 })
  })

  test.each([true, false])('the caller may abort (already aborted: %s)', async (before) => {
    const { client } = await against([silent])
    const caller = new AbortController()
    if (before) caller.abort()
    const buying = client.buy(purchase, { signal: caller.signal })
    caller.abort()
    expect(await faultOf(buying)).toMatchObject({ reason: 'aborted' })
  })
})

describe('outcome by events', () => {
  test('tells each status, and gives the outcome', async () => {
    const texts = [
      'retry: 1000\n\n',
      eventOf('queued'),
      ': still here\n\n',
      eventOf('settling'),
      eventOf('sold_out'),
    ]
    const { client, received } = await against([stream(texts, 'stays')])
    const seen: string[] = []
    const ended = await client.outcome(jobId, { onStatus: ({ status }) => seen.push(status) })
    expect(ended).toEqual({ kind: 'settled', purchase: viewOf('sold_out') })
    expect(seen).toEqual(['queued', 'settling'])
    expect(received).toMatchObject([
      { path: `/purchases/${jobId}/events`, headers: { accept: 'text/event-stream' } },
    ])
  })

  test('an event may come in pieces, with any line breaks', async () => {
    const [head, tail] = [eventOf('confirmed').slice(0, 31), eventOf('confirmed').slice(31)]
    const texts = [head, tail].flatMap((text) => [...text].map((c) => (c === '\n' ? '\r\n' : c)))
    const { client } = await against([stream(texts, 'stays')])
    expect(await client.outcome(jobId)).toMatchObject({ kind: 'settled', purchase: { status: 'confirmed' } })
  })

  test('a stream that breaks is opened again, and says what was seen last', async () => {
    const { client, received } = await against([
      stream(['retry: 1\n\n', eventOf('queued')], 'is cut'),
      stream([eventOf('confirmed')], 'ends'),
    ])
    expect(await client.outcome(jobId)).toMatchObject({ purchase: { status: 'confirmed' } })
    expect(received.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, 'queued'])
  })

  test('streams that bring nothing give way to polling', async () => {
    const empty = stream(['retry: 1\n\n'], 'ends')
    const { client, received } = await against([empty, empty, empty, json(200, viewOf('failed'))])
    expect(await client.outcome(jobId)).toMatchObject({ purchase: { status: 'failed' } })
    expect(received.at(-1)?.path).toBe(`/purchases/${jobId}`)
  })

  test.each<[string, Step]>([
    ['an older engine', problem(404, 'unknown-route')],
    ['an engine with too many streams', problem(503, 'overloaded')],
    ['a page', json(200, '<html>')],
    ['an outcome that was seen before', (response) => void response.writeHead(204).end()],
  ])('%s: it is polled', async (_what, step) => {
    const { client, received } = await against([
      step,
      json(200, viewOf('queued', { pollAfterMs: 5 })),
      json(200, viewOf('confirmed')),
    ])
    expect(await client.outcome(jobId)).toMatchObject({ purchase: { status: 'confirmed' } })
    expect(received).toHaveLength(3)
  })

  test('an unknown purchase is a value', async () => {
    const { client } = await against([problem(404, 'unknown-purchase')])
    expect(await client.outcome(jobId)).toMatchObject({
      kind: 'refused',
      problem: { code: 'unknown-purchase' },
    })
  })

  test('the caller may abort while a stream is open', async () => {
    const { client } = await against([stream([eventOf('queued')], 'stays')])
    const caller = new AbortController()
    const waiting = client.outcome(jobId, { signal: caller.signal, onStatus: () => caller.abort() })
    expect(await faultOf(waiting)).toMatchObject({ reason: 'aborted' })
  })

  test('the time of the whole call is limited', async () => {
    const { client } = await against([stream([eventOf('queued')], 'stays')])
    expect(await faultOf(client.outcome(jobId, { withinMs: 100 }))).toMatchObject({ reason: 'timeout' })
  })
})

describe('outcome by polling', () => {
  test.each<[string, Step]>([
    ['a 503', problem(503, 'database-unavailable', soon)],
    ['a 429', problem(429, 'rate-limited', soon)],
    ['a cut connection', cut],
    ['a status that nobody knows', json(200, viewOf('sleeping'))],
  ])('%s is asked again', async (_what, trouble) => {
    const { client } = await against([trouble, json(200, viewOf('confirmed'))], { events: false })
    expect(await client.outcome(jobId, { pollAfterMs: 5 })).toMatchObject({ kind: 'settled' })
  })

  test.each([
    ['polling', false],
    ['a stream', true],
  ])('a Retry-After that is longer than the time left is not cut: %s', async (_what, events) => {
    const limited = problem(429, 'rate-limited', { 'retry-after': '60' })
    const { client, received } = await against([limited, json(200, viewOf('confirmed'))], { events })
    const waiting = client.outcome(jobId, { pollAfterMs: 5, withinMs: 5_300 })
    expect(await faultOf(waiting)).toMatchObject({ reason: 'timeout' })
    expect(received).toHaveLength(1)
  })

  test('each change is told once', async () => {
    const queued = json(200, viewOf('queued', { pollAfterMs: 5 }))
    const { client } = await against([queued, queued, json(200, viewOf('confirmed'))], { events: false })
    const seen: string[] = []
    await client.outcome(jobId, { onStatus: ({ status }) => seen.push(status) })
    expect(seen).toEqual(['queued'])
  })
})

describe('reading', () => {
  test('products, purchases, an order and a list', async () => {
    const { client, received } = await against([
      json(200, { id: 7 }),
      json(200, [{ id: 7 }]),
      json(200, viewOf('queued')),
      json(200, { orderId: 9 }),
      json(200, { purchases: [] }),
      json(200, { purchases: [] }),
    ])
    expect(await client.product(7)).toEqual({ kind: 'found', value: { id: 7 } })
    expect(await client.products({ before: 9 })).toEqual({ kind: 'found', value: [{ id: 7 }] })
    expect(await client.purchase('a/b')).toEqual({ kind: 'found', value: viewOf('queued') })
    expect(await client.order(9)).toEqual({ kind: 'found', value: { orderId: 9 } })
    expect(await client.purchasesOf('a/b')).toEqual({ kind: 'found', value: { purchases: [] } })
    await client.purchasesOf('me', { cursor: 'AA+', limit: 2, outcome: 'sold_out' })
    expect(received.map(({ path }) => path)).toEqual([
      '/products/7',
      '/products?before=9',
      '/purchases/a%2Fb',
      '/orders/9',
      '/customers/a%2Fb/purchases',
      '/customers/me/purchases?cursor=AA%2B&limit=2&outcome=sold_out',
    ])
  })

  test.each<[string, Step, object]>([
    [
      'a 503',
      problem(503, 'database-unavailable'),
      { reason: 'unavailable', problem: { code: 'database-unavailable' } },
    ],
    ['a page', json(200, '<html>'), { reason: 'unreadable', status: 200 }],
    ['a cut connection', cut, { reason: 'network' }],
  ])('%s is a fault', async (_what, step, expected) => {
    const { client } = await against([step])
    expect(await faultOf(client.product(7))).toMatchObject(expected)
  })

  test('a refusal is a value', async () => {
    const { client } = await against([problem(404, 'unknown-product')])
    expect(await client.product(7)).toMatchObject({ kind: 'refused', problem: { code: 'unknown-product' } })
  })
})

test('a path of the address is kept', async () => {
  const { baseUrl, received } = await contractServer(json(200, []))
  await createClient({ baseUrl: `${baseUrl}/sale/` }).products()
  expect(received).toMatchObject([{ path: '/sale/products' }])
})

test.each(['shop.example', 'ftp://shop.example'])('%j is no address', (baseUrl) => {
  expect(() => createClient({ baseUrl })).toThrow(TypeError)
})

/** Waiting without polling, through any api process: `Prefer: wait` and the event stream. */
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readEvents } from './event-reader.ts'
import { expectProblem } from './expect-problem.ts'
import { eventually, type ServedApi, serveApi } from './served-api.ts'
import { settle, tell } from './settled-by-hand.ts'

const stores = isolatedStores()
let a: ServedApi
let b: ServedApi
let deaf: ServedApi
let productId: number

beforeAll(async () => {
  const waitLimits = { waitersMax: 2, streamsMax: 2 }
  ;[a, b, deaf] = await Promise.all([
    serveApi(stores),
    serveApi(stores, { waitLimits }),
    serveApi(stores, {
      outcomeNews: false,
      waitLimits: { waitersMax: 2, streamsMax: 2, heldLookEveryMs: 500 },
    }),
  ])
  productId = await a.createProduct({ stock: 1_000 })
})
afterAll(() => Promise.all([a, b, deaf].map((api) => api.close())))

const keyed = (key: string, more: Record<string, string> = {}) => ({ 'idempotency-key': key, ...more })
const waiting = (seconds: number) => ({ prefer: `wait=${seconds}` })
const post = (api: ServedApi, headers: Record<string, string>, product = productId) =>
  api.call('/purchases', { json: { productId: product, customerId: 'c-1' }, headers })
const buy = async (api: ServedApi, product = productId): Promise<string> =>
  (await post(api, {}, product)).body.jobId

/** Sends a POST that waits; its job is in the queue when this resolves. */
const postWaiting = async (api: ServedApi, product = productId, customer = `c-${Math.random()}`) => {
  const json = { productId: product, customerId: customer }
  const answer = api.call('/purchases', { json, headers: waiting(20) })
  const job = await eventually(async () => {
    const jobs = await api.queue.getWaiting(0, 1_000)
    return jobs.find(({ data }) => data.customerId === customer)
  })
  return { answer, jobId: job.id ?? '', customer }
}
const subscribers = async (): Promise<number> => {
  const [, count] = (await a.redis.pubsub('NUMSUB', `${stores.keyPrefix}outcomes`)) as [string, number]
  return count
}
const settleAndTell = async (jobId: string, product = productId, customer = 'c-1') => {
  const settled = await settle(a, product, jobId, customer)
  tell(a, stores.keyPrefix, product, jobId, settled)
  return settled
}

describe('a POST that waits', () => {
  test('is answered with the order when it is confirmed', async () => {
    const { answer, jobId, customer } = await postWaiting(a)
    const { orderId } = await settleAndTell(jobId, productId, customer)
    const { status, headers, body } = await answer
    expect(status).toBe(201)
    expect(headers.get('location')).toBe(`/orders/${orderId}`)
    expect(headers.get('preference-applied')).toBe('wait=20')
    expect(body).toMatchObject({ jobId, productId, quantity: 1, status: 'confirmed', orderId, batchSize: 1 })
  })

  test.each([
    ['sold-out', { stock: 0 }],
    ['not-on-sale', { closesAt: '2020-01-01T00:00:00Z' }],
  ])('is answered %s', async (code, fields) => {
    const product = await a.createProduct(fields)
    const { answer, jobId, customer } = await postWaiting(a, product)
    await settleAndTell(jobId, product, customer)
    expectProblem(await answer, 409, code)
    expect((await answer).body.jobId).toBe(jobId)
  })

  test('is answered limit-reached and purchase-failed', async () => {
    for (const [outcome, code] of [
      ['limit_reached', 'limit-reached'],
      ['failed', 'purchase-failed'],
    ] as const) {
      const { answer, jobId } = await postWaiting(a)
      await eventually(async () => (await subscribers()) > 0)
      tell(a, stores.keyPrefix, productId, jobId, { outcome, orderId: undefined })
      expectProblem(await answer, 409, code)
    }
  })

  test('is answered 202 when its time is over, and the same when it did not want to wait', async () => {
    const late = await post(a, waiting(0))
    expect({ status: late.status, applied: late.headers.get('preference-applied') }).toEqual({
      status: 202,
      applied: 'wait=0',
    })
    const plain = await post(a, { prefer: 'wait=soon' })
    expect({ status: plain.status, applied: plain.headers.get('preference-applied') }).toEqual({
      status: 202,
      applied: null,
    })
    expect(Object.keys(late.body)).toEqual(Object.keys(plain.body))
  })

  test('sent again with its key through another api is answered with the stored outcome', async () => {
    const first = await post(a, keyed('again'))
    await settle(a, productId, first.body.jobId)
    const again = await post(b, keyed('again', waiting(20)))
    expect({ status: again.status, jobId: again.body.jobId }).toEqual({
      status: 201,
      jobId: first.body.jobId,
    })
    expect(again.headers.get('idempotency-replayed')).toBe('true')
  })
})

describe('a GET that waits', () => {
  test('hears of the outcome through any api', async () => {
    const jobId = await buy(a)
    const answers = [a, b].map((api) => api.call(`/purchases/${jobId}`, { headers: waiting(20) }))
    await eventually(async () => (await subscribers()) === 2)
    await settleAndTell(jobId)
    for (const { status, headers, body } of await Promise.all(answers)) {
      expect({ status, outcome: body.status }).toEqual({ status: 200, outcome: 'confirmed' })
      expect(headers.get('preference-applied')).toBe('wait=20')
    }
  })

  test('finds the outcome by itself when the news are lost', async () => {
    const jobId = await buy(deaf)
    const answer = deaf.call(`/purchases/${jobId}`, { headers: waiting(20) })
    const stream = await readEvents(`http://127.0.0.1:${deaf.port}/purchases/${jobId}/events`)
    await settleAndTell(jobId)
    expect((await answer).body.status).toBe('confirmed')
    expect((await stream.next())?.id).toBe('queued')
    expect((await stream.next())?.id).toBe('confirmed')
  })

  test('is answered with what is known when its time is over, and at once with an outcome', async () => {
    const jobId = await buy(a)
    const pending = await a.call(`/purchases/${jobId}`, { headers: waiting(1) })
    expect(pending.body.status).toBe('queued')
    expect(pending.headers.get('preference-applied')).toBe('wait=1')
    await settle(a, productId, jobId)
    expect((await a.call(`/purchases/${jobId}`, { headers: waiting(20) })).body.status).toBe('confirmed')
  })

  test('does not wait for what does not exist', async () => {
    const path = '/purchases/01890a5d-ac96-774b-bcce-b302099a8057'
    expectProblem(await a.call(path, { headers: waiting(20) }), 404, 'unknown-purchase')
    expectProblem(await a.call(`${path}/events`), 404, 'unknown-purchase')
    expectProblem(await a.call('/purchases/wait/events'), 404, 'unknown-purchase')
  })

  test('is answered at once when as many wait as may; who leaves makes room', async () => {
    const jobId = await buy(b)
    const leaving = new AbortController()
    const url = `http://127.0.0.1:${b.port}/purchases/${jobId}`
    const gone = fetch(url, { headers: waiting(20), signal: leaving.signal }).catch(() => 'left')
    const held = b.call(`/purchases/${jobId}`, { headers: waiting(20) })
    const refused = await eventually(async () => {
      const answer = await b.call(`/purchases/${jobId}`, { headers: waiting(0) })
      return answer.headers.get('preference-applied') === null && answer
    })
    expect(refused.body.status).toBe('queued')
    expect((await post(b, waiting(0))).headers.get('preference-applied')).toBeNull()
    leaving.abort()
    expect(await gone).toBe('left')
    await eventually(async () => {
      const answer = await b.call(`/purchases/${jobId}`, { headers: waiting(0) })
      return answer.headers.get('preference-applied') === 'wait=0'
    })
    await settleAndTell(jobId)
    expect((await held).body.status).toBe('confirmed')
  })
})

describe('the event stream', () => {
  const streamOf = (api: ServedApi, jobId: string, headers = {}) =>
    readEvents(`http://127.0.0.1:${api.port}/purchases/${jobId}/events`, headers)

  test('tells the status, its changes and the outcome, and ends', async () => {
    const jobId = await buy(a)
    const stream = await streamOf(b, jobId)
    expect(stream.status).toBe(200)
    expect(stream.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(stream.headers.get('cache-control')).toBe('no-store')
    expect(stream.headers.get('x-accel-buffering')).toBe('no')
    const first = await stream.next()
    expect(first).toMatchObject({ event: 'status', id: 'queued', data: { jobId, status: 'queued' } })
    expect(stream.retryMs()).toBe(1_000)
    await a.redis.hset(`${stores.keyPrefix}bull:purchases:${jobId}`, 'processedOn', Date.now())
    expect((await stream.next())?.id).toBe('waiting_for_lock')
    await settleAndTell(jobId)
    expect(await stream.next()).toMatchObject({ id: 'confirmed', data: { status: 'confirmed', productId } })
    expect(await stream.next()).toBeUndefined()
  })

  test('of a settled purchase is its outcome; who has it is told not to come back', async () => {
    const jobId = await buy(a)
    await settle(a, productId, jobId)
    const stream = await streamOf(a, jobId)
    expect((await stream.next())?.id).toBe('confirmed')
    expect(await stream.next()).toBeUndefined()
    expect((await streamOf(a, jobId, { 'last-event-id': 'confirmed' })).status).toBe(204)
    expect((await streamOf(a, jobId, { 'last-event-id': 'queued' })).status).toBe(200)
  })

  test('goes on through another api when its own is stopped, as do those who wait', async () => {
    const dying = await serveApi(stores)
    const jobId = await buy(dying)
    const stream = await streamOf(dying, jobId)
    expect((await stream.next())?.id).toBe('queued')
    const held = dying.call(`/purchases/${jobId}`, { headers: waiting(30) })
    const posted = await postWaiting(dying)
    await eventually(async () => (await subscribers()) > 0)
    await dying.close()
    expect(await stream.next()).toBeUndefined()
    expect((await held).body.status).toBe('queued')
    expect((await posted.answer).status).toBe(202)
    const resumed = await streamOf(a, jobId, { 'last-event-id': 'queued' })
    expect((await resumed.next())?.id).toBe('queued')
    await settleAndTell(jobId)
    expect((await resumed.next())?.id).toBe('confirmed')
  })

  test('asked for its head only, is no stream', async () => {
    const jobId = await buy(a)
    const { status, headers, text } = await a.call(`/purchases/${jobId}/events`, { method: 'HEAD' })
    expect({ status, type: headers.get('content-type'), text }).toEqual({
      status: 200,
      type: 'text/event-stream; charset=utf-8',
      text: '',
    })
  })

  test('ends when the purchase was lost', async () => {
    const jobId = await buy(a)
    const stream = await streamOf(a, jobId)
    expect((await stream.next())?.id).toBe('queued')
    await (await a.queue.getJob(jobId))?.remove()
    expect(await stream.next()).toBeUndefined()
    expectProblem(await a.call(`/purchases/${jobId}/events`), 404, 'unknown-purchase')
  })

  test('is refused when as many are open as may; who leaves makes room', async () => {
    const jobId = await buy(b)
    const streams = await Promise.all([streamOf(b, jobId), streamOf(b, jobId)])
    expectProblem(await b.call(`/purchases/${jobId}/events`), 503, 'overloaded')
    for (const stream of streams) stream.leave()
    await eventually(async () => {
      const stream = await streamOf(b, jobId)
      stream.leave()
      return stream.status === 200
    })
  })

  test('tells a new place, at most once a second', async () => {
    let ahead = 100
    const placeOf = () => ({ aheadEstimate: ahead, etaMs: ahead * 10 })
    const load = { takeTicket: () => 7, placeOf, drainPerS: () => 0 }
    const api = await serveApi(stores, { load })
    try {
      const jobId = await buy(api)
      expect((await api.queue.getJob(jobId))?.data.ticket).toBe(7)
      const stream = await streamOf(api, jobId)
      expect((await stream.next())?.data).toMatchObject({
        aheadEstimate: 100,
        etaMs: 1_000,
        pollAfterMs: 500,
      })
      ahead = 60
      expect((await stream.next())?.data).toMatchObject({ status: 'queued', aheadEstimate: 60, etaMs: 600 })
      stream.leave()
    } finally {
      await api.close()
    }
  })
})

test('nobody waits, nothing is subscribed to', async () => {
  const idle = await serveApi(stores)
  const before = await subscribers()
  await post(idle, {})
  expect(await subscribers()).toBe(before)
  await idle.close()
})

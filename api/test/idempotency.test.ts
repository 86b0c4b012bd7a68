import { randomUUID } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { validate, version } from 'uuid'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { purchaseIdOf } from '../src/idempotency-key.ts'
import { expectProblem } from './expect-problem.ts'
import { type Answer, type ServedApi, serveApi } from './served-api.ts'

const stores = isolatedStores()
/** Two processes would do no less: they share nothing but the stores. */
let api: ServedApi
let otherApi: ServedApi
let productId: number
let otherProductId: number

beforeAll(async () => {
  ;[api, otherApi] = await Promise.all([serveApi(stores), serveApi(stores)])
  productId = await api.createProduct({ demo: true, stock: 100_000 })
  otherProductId = await api.createProduct({ demo: true })
})
beforeEach(() => api.queue.obliterate({ force: true }))
afterAll(() => Promise.all([api.close(), otherApi.close()]))

const buy = (key: string, fields: Record<string, unknown> = {}, at = api): Promise<Answer> =>
  at.call('/purchases', {
    json: { productId, customerId: 'c-1', ...fields },
    headers: { 'idempotency-key': key },
  })

const expectAccepted = (answer: Answer, jobId: string, replayed: boolean): void => {
  expect(answer.body).toEqual({
    status: 'queued',
    jobId,
    statusUrl: `/purchases/${jobId}`,
    pollAfterMs: 50,
  })
  expect(answer.status).toBe(202)
  expect(answer.headers.get('location')).toBe(`/purchases/${jobId}`)
  expect(answer.headers.get('idempotency-replayed')).toBe(replayed ? 'true' : null)
}

const settle = (jobId: string, quantity = 1) =>
  api.database.run(
    'settling',
    (sql) => sql`SELECT * FROM settle_purchases(${productId}, 1, ${[jobId]}::uuid[], ${['c-1']}::text[],
                                                ${[quantity]}::int[], ${[new Date().toISOString()]}::timestamptz[])`,
  )

/** Stores an outcome that no lease stands behind. */
const storeWithoutLease = (jobId: string, outcome: string) =>
  api.database.run(
    'storing',
    (
      sql,
    ) => sql`INSERT INTO purchases (id, product_id, customer_id, quantity, outcome, stock_left, accepted_at)
                 VALUES (${jobId}, ${productId}, 'c-1', 1, ${outcome}, 0, now())`,
  )

describe('a key', () => {
  test.each([
    ['one character', 'k'],
    ['255 characters', 'k'.repeat(255)],
    ['punctuation', `!"#$%&'()*+,-./:;<=>?@[\\]^_\`{|}~`],
    ['a space within', 'a b'],
    ...['wait', 'active', 'meta', 'id', 'events', 'a:b:c', ':', '0', '0:1', '17', '__proto__', '*'].map(
      (name) => [`a name with a meaning elsewhere: ${name}`, name],
    ),
  ])('may be %s', async (_what, key) => {
    const first = await buy(key)
    const { jobId } = first.body
    expect(jobId).not.toContain(key.length > 4 ? key : ' ')
    expect(validate(jobId) && version(jobId)).toBe(8)
    expectAccepted(first, jobId, false)
    expectAccepted(await buy(key), jobId, true)
    expect(await api.queued()).toBe(1)
    expect((await api.call(`/purchases/${jobId}`)).body).toMatchObject({ jobId, status: 'queued' })
  })

  test.each([
    ['empty', '', 'got 0 characters'],
    ['spaces, which HTTP cuts off', '   ', 'got 0 characters'],
    ['256 characters', 'k'.repeat(256), 'got 256 characters'],
    ['a tab', 'a\tb', 'got others'],
    ['Latin-1', 'café', 'got others'],
  ])('may not be %s', async (_what, key, got) => {
    const answer = await buy(key)
    expectProblem(answer, 400, 'invalid-request')
    const message = `expected one Idempotency-Key of 1 to 255 printable ASCII characters, ${got}`
    expect(answer.body.errors).toEqual([{ path: 'Idempotency-Key', message }])
    expect(await api.queued()).toBe(0)
  })

  test('may not be sent twice', async () => {
    const body = JSON.stringify({ productId, customerId: 'c-1' })
    const headers = { 'content-type': 'application/json', 'idempotency-key': ['a', 'b'] }
    const options = { port: api.port, path: '/purchases', method: 'POST', headers, agent: false }
    const status = await new Promise((resolve, reject) => {
      const sent = httpRequest(options, (response) => resolve(response.resume().statusCode))
      sent.on('error', reject).end(body)
    })
    expect(status).toBe(400)
    expect(await api.queued()).toBe(0)
  })

  test('belongs to its customer', async () => {
    const [mine, yours] = [await buy('k'), await buy('k', { customerId: 'c-2' })]
    expectAccepted(mine, purchaseIdOf('c-1', 'k'), false)
    expectAccepted(yours, purchaseIdOf('c-2', 'k'), false)
    expect(mine.body.jobId).not.toBe(yours.body.jobId)
  })

  test('stays out of the log and out of Redis', async () => {
    const key = `secret-${randomUUID()}`
    await buy(key)
    await buy(key, { quantity: 2 })
    expect(api.logLines.join('')).not.toContain(key)
    const job = await api.queue.getJob(purchaseIdOf('c-1', key))
    expect(JSON.stringify(job)).not.toContain(key)
    expect(job?.data).toEqual({ productId, customerId: 'c-1', quantity: 1 })
  })
})

test('without a key every call is a purchase of its own', async () => {
  const json = { productId, customerId: 'c-1' }
  const answers = [await api.call('/purchases', { json }), await api.call('/purchases', { json })]
  expect(answers.map(({ body }) => version(body.jobId))).toEqual([7, 7])
  expect(answers.map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, null])
  expect(await api.queued()).toBe(2)
})

test('ten calls at once: one is the first, all have its id, there is one job', async () => {
  for (let round = 0; round < 50; round += 1) {
    const key = randomUUID()
    const calls = Array.from({ length: 10 }, (_, n) => buy(key, {}, n % 2 === 0 ? api : otherApi))
    const answers = await Promise.all(calls)
    expect(answers.map(({ status, body }) => [status, body.jobId])).toEqual(
      answers.map(() => [202, purchaseIdOf('c-1', key)]),
    )
    const firsts = answers.filter(({ headers }) => headers.get('idempotency-replayed') === null)
    expect(firsts).toHaveLength(1)
  }
  expect(await api.queued()).toBe(50)
})

test('ten calls at once with two payloads: those of the first are accepted, the others refused', async () => {
  for (let round = 0; round < 20; round += 1) {
    const key = randomUUID()
    const calls = Array.from({ length: 10 }, (_, n) => buy(key, { quantity: 1 + (n % 2) }))
    const statuses = (await Promise.all(calls)).map(({ status }) => status)
    const job = await api.queue.getJob(purchaseIdOf('c-1', key))
    expect(statuses).toEqual(statuses.map((_, n) => (job?.data.quantity === 1 + (n % 2) ? 202 : 422)))
  }
})

const otherPayloads: [what: string, fields: () => Record<string, unknown>][] = [
  ['another product', () => ({ productId: otherProductId })],
  ['another quantity', () => ({ quantity: 2 })],
  ['another strategy', () => ({ strategy: 'naive' })],
]

describe('while the job is in Redis', () => {
  test.each(otherPayloads)('%s is refused', async (_what, fields) => {
    const { jobId } = (await buy('k')).body
    const answer = await buy('k', fields())
    expectProblem(answer, 422, 'idempotency-key-reused')
    expect(answer.headers.get('location')).toBeNull()
    expectAccepted(await buy('k'), jobId, true)
    expect(await api.queued()).toBe(1)
  })

  test('what is left out is the same as what it stands for', async () => {
    const { jobId } = (await buy('k')).body
    expectAccepted(await buy('k', { quantity: 1, strategy: 'locked' }), jobId, true)
  })

  test('another api process knows it', async () => {
    const { jobId } = (await buy('k')).body
    expectAccepted(await buy('k', {}, otherApi), jobId, true)
    expectProblem(await buy('k', { quantity: 2 }, otherApi), 422, 'idempotency-key-reused')
  })
})

describe('with an outcome in Postgres', () => {
  test('the job is in Redis, has left it, or Redis was emptied: nothing is queued, the outcome is there', async () => {
    const key = randomUUID()
    const { jobId } = (await buy(key)).body
    await settle(jobId)
    expectAccepted(await buy(key), jobId, true)
    await (await api.queue.getJob(jobId))?.remove()
    expectAccepted(await buy(key), jobId, true)
    await api.queue.obliterate({ force: true })
    expectAccepted(await buy(key), jobId, true)
    expect(await api.queued()).toBe(0)
    expect((await api.call(`/purchases/${jobId}`)).body).toMatchObject({ jobId, status: 'confirmed' })
  })

  test.each(otherPayloads)('%s is refused', async (_what, fields) => {
    const key = randomUUID()
    await settle(purchaseIdOf('c-1', key))
    expectProblem(await buy(key, fields()), 422, 'idempotency-key-reused')
    expect(await api.queued()).toBe(0)
  })

  test('a naive purchase is told from a locked one', async () => {
    const key = randomUUID()
    const jobId = purchaseIdOf('c-1', key)
    await storeWithoutLease(jobId, 'sold_out')
    expectAccepted(await buy(key, { strategy: 'naive' }), jobId, true)
    expectProblem(await buy(key), 422, 'idempotency-key-reused')
  })

  test('of one that failed nobody knows the strategy', async () => {
    const key = randomUUID()
    const jobId = purchaseIdOf('c-1', key)
    await storeWithoutLease(jobId, 'failed')
    expectAccepted(await buy(key, { strategy: 'naive' }), jobId, true)
    expectAccepted(await buy(key), jobId, true)
    expectProblem(await buy(key, { quantity: 2 }), 422, 'idempotency-key-reused')
  })
})

test('Redis was emptied before there was an outcome: queued anew, under the same id', async () => {
  const { jobId } = (await buy('k')).body
  await api.queue.obliterate({ force: true })
  expect((await api.call(`/purchases/${jobId}`)).status).toBe(404)
  expectAccepted(await buy('k'), jobId, false)
  expectAccepted(await buy('k'), jobId, true)
  expect(await api.queued()).toBe(1)
})

test('a refusal uses up no key', async () => {
  const early = await api.createProduct({ opensAt: new Date(Date.now() + 700).toISOString() })
  expectProblem(await buy('k', { productId: early }), 403, 'sale-not-open')
  expectProblem(await buy('k', { quantity: 0 }), 400, 'invalid-request')
  await new Promise((resolve) => setTimeout(resolve, 800))
  expectAccepted(await buy('k', { productId: early }), purchaseIdOf('c-1', 'k'), false)
})

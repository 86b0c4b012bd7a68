/** `AUTH_MODE=jwt` over HTTP. What makes a token valid is tested beside customer-tokens.ts. */
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { jwtEnv, tokenOf } from './customer-token.ts'
import { expectProblem } from './expect-problem.ts'
import {
  adminHeaders,
  basic,
  bearer,
  type CallOptions,
  type ServedApi,
  serveApi,
  tokens,
  viewerHeaders,
} from './served-api.ts'

const env = {
  ...jwtEnv,
  CORS_ORIGINS: 'https://shop.example, https://app.example',
  BEHIND_TLS: 'true',
}

const stores = isolatedStores()
let api: ServedApi
let productId: number
let ann: { authorization: string }

beforeAll(async () => {
  api = await serveApi(stores, { env })
  productId = await api.createProduct()
  ann = bearer(await tokenOf('ann'))
})
afterAll(() => api.close())

const someJob = '/purchases/0198a0de-0000-7000-8000-000000000000'
/** Orders and lists of customers are routes of their own; who may come near them is decided here. */
const ofCustomers: [path: string, options: CallOptions][] = [
  ['/purchases', { json: { productId: 1 } }],
  [someJob, {}],
  [`${someJob}/events`, {}],
  ['/orders/1', {}],
  ['/customers/me/purchases', {}],
  ['/PURCHASES', { json: { productId: 1 } }],
]

describe('what belongs to a customer', () => {
  test.each(ofCustomers)('%s needs a token', async (path, options) => {
    const answer = await api.call(path, options)
    expectProblem(answer, 401, 'unauthorized')
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="Flash Sale Engine"')
  })

  const wrong: [what: string, headers: () => Promise<string> | string][] = [
    ['noise', () => 'Bearer abc'],
    ['no token', () => 'Bearer '],
    ['another audience', async () => `Bearer ${await tokenOf('ann', 'bank')}`],
    ['two tokens', async () => `Bearer ${await tokenOf('ann')} ${await tokenOf('bob')}`],
    ['another scheme', async () => `Token ${await tokenOf('ann')}`],
    ["an admin's wrong password", () => basic('admin', 'wrong')],
  ]
  test.each(
    wrong.flatMap(([what, make]) =>
      [...ofCustomers, ['/products', {}] as const].map((call) => [what, call[0], make, call[1]] as const),
    ),
  )('%s is refused at %s', async (_what, path, make, options) => {
    const answer = await api.call(path, { ...options, headers: { authorization: await make() } })
    expectProblem(answer, 401, 'unauthorized')
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"')
  })

  test('products are for everybody', async () => {
    expect((await api.call('/products')).status).toBe(200)
    expect((await api.call(`/products/${productId}`, { headers: ann })).status).toBe(200)
  })

  test.each([
    ['a viewer', viewerHeaders],
    ['an operator', adminHeaders],
    ['an operator with Basic', { authorization: basic('admin', tokens.admin) }],
  ])('%s may look', async (_what, headers) => {
    expectProblem(await api.call(someJob, { headers }), 404, 'unknown-purchase')
  })
})

describe('a purchase', () => {
  test('is of the customer whom the token names', async () => {
    const { status, body } = await api.call('/purchases', { json: { productId, quantity: 2 }, headers: ann })
    expect(status).toBe(202)
    const job = await api.queue.getJob(body.jobId)
    expect(job?.data).toEqual({ productId, customerId: 'ann', quantity: 2 })
  })

  test('names no customer, whoever it is', async () => {
    for (const customerId of ['ann', 'bob', '', null, { $ne: 1 }]) {
      const before = await api.queued()
      const answer = await api.call('/purchases', { json: { productId, customerId }, headers: ann })
      expectProblem(answer, 400, 'invalid-request')
      const message = expect.stringMatching(
        /^expected no customerId: the customer is the sub of the token, got /,
      )
      expect(answer.body.errors).toEqual([{ path: 'customerId', message }])
      expect(await api.queued()).toBe(before)
    }
  })

  test('is not for admins', async () => {
    expectProblem(
      await api.call('/purchases', { json: { productId }, headers: adminHeaders }),
      403,
      'forbidden',
    )
  })

  test('with the same key, of two customers, is two', async () => {
    const buy = async (customerId: string) =>
      api.call('/purchases', {
        json: { productId },
        headers: { ...bearer(await tokenOf(customerId)), 'idempotency-key': 'one key' },
      })
    const [first, again, other] = [await buy('ann'), await buy('ann'), await buy('bob')]
    expect(again.body.jobId).toBe(first.body.jobId)
    expect(other.status).toBe(202)
    expect(other.body.jobId).not.toBe(first.body.jobId)
  })
})

test("a customer's token opens nothing below /admin", async () => {
  expectProblem(await api.call('/admin/queues/api/queues', { headers: ann }), 401, 'unauthorized')
})

describe('what a browser is told', () => {
  test('nobody takes an answer for a page, keeps it, or asks for it without TLS', async () => {
    const { headers } = await api.call('/products')
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'x-content-type-options': 'nosniff',
    })
    expect(headers.get('x-powered-by')).toBeNull()
  })

  test('the dashboard loads from this host only', async () => {
    const { headers } = await api.call('/admin/queues', { headers: viewerHeaders })
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'self'")
    expect(policy).not.toMatch(/https?:|\*|script-src/)
    expect(headers.get('referrer-policy')).toBe('same-origin')
  })

  test("the pages of a listed origin may ask, with the customer's token", async () => {
    const preflight = await api.call('/purchases', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,idempotency-key',
      },
    })
    expect(preflight.status).toBe(204)
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'access-control-allow-headers': 'authorization,content-type,idempotency-key',
      'access-control-allow-methods': 'GET,HEAD,POST',
    })
    const answer = await api.call('/products', { headers: { origin: 'https://app.example' } })
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.example')
    expect(answer.headers.get('access-control-expose-headers')).toContain('Idempotency-Replayed')
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
  })

  test.each([
    ['another origin', '/products', 'https://evil.example'],
    ['a sandboxed frame', '/products', 'null'],
    ['a listed origin, below /admin', '/admin/queues/api/queues', 'https://app.example'],
  ])('%s may not', async (_what, path, origin) => {
    const { headers } = await api.call(path, { headers: { origin } })
    expect(headers.get('access-control-allow-origin')).toBeNull()
  })
})

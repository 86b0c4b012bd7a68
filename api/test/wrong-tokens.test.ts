/** Wrong tokens over HTTP: none opens anything, and an address that goes on with them is held back. */
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { withDeadline } from '@flash-sale/shared/deadline.ts'
import { redisKeys } from '@flash-sale/shared/redis-keys.ts'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { operations, wrongWith } from './documented-answers.ts'
import { expectProblem } from './expect-problem.ts'
import { type Answer, adminHeaders, basic, bearer, type ServedApi, serveApi, tokens } from './served-api.ts'
import { openStoreProxy } from './store-proxy.ts'
import {
  goodClaims,
  nowS,
  openTokenIssuer,
  type TokenIssuer,
  tokenRules,
  tokenSecret,
  wrongSecretTokens,
  wrongTokens,
} from './token-issuer.ts'

const stores = isolatedStores()
const claims = { AUTH_MODE: 'jwt', JWT_ISSUER: tokenRules.issuer, JWT_AUDIENCE: tokenRules.audience }
const bySecretEnv = { ...claims, JWT_SECRET: tokenSecret, JWT_ALGORITHMS: 'HS256' }
let issuer: TokenIssuer
let byKeysEnv: Record<string, string>
let byKeys: ServedApi
let bySecret: ServedApi
let productId: number
let ann: { authorization: string }

beforeAll(async () => {
  issuer = await openTokenIssuer()
  byKeysEnv = { ...claims, JWT_JWKS_URL: issuer.jwksUrl, JWT_ALGORITHMS: 'RS256' }
  byKeys = await serveApi(stores, { env: byKeysEnv })
  bySecret = await serveApi(stores, { env: bySecretEnv })
  productId = await byKeys.createProduct()
  ann = bearer(await issuer.signed(goodClaims()))
})
afterAll(async () => {
  await Promise.all([byKeys, bySecret].map((api) => api.close()))
  issuer.close()
})

const someJob = '/purchases/0198a0de-0000-7000-8000-000000000000'
const gets = [
  someJob,
  `${someJob}/events`,
  '/orders/1',
  '/customers/me/purchases',
  '/customers/ann/purchases',
  '/products',
]

/** Sends it to each route of customers. */
const everywhere = (api: ServedApi, headers: Record<string, string>): Promise<Answer[]> =>
  Promise.all([
    api.call('/purchases', { json: { productId }, headers }),
    ...gets.map((path) => api.call(path, { headers })),
  ])

describe('no route of customers takes', () => {
  test.each([
    ...wrongTokens.map(([what, make]) => [what, make, () => byKeys] as const),
    ...wrongSecretTokens.map(([what, make]) => [`with a secret: ${what}`, make, () => bySecret] as const),
  ])('%s', async (_what, make, api) => {
    const [token, queued] = [await make(issuer), await api().queued()]
    for (const answer of await everywhere(api(), bearer(token))) {
      expectProblem(answer, 401, 'unauthorized')
      expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"')
      expect(answer.text).not.toContain(token)
    }
    expect(await api().queued()).toBe(queued)
  })

  test('but each the right one', async () => {
    const statuses = (await everywhere(byKeys, ann)).map(({ status }) => status)
    expect(statuses).toEqual([202, 404, 404, 404, 200, 200, 200])
  })
})

describe('an address that goes on with wrong tokens', () => {
  const limit = { RATE_LIMIT_WRONG_TOKENS_PER_IP: '3/600', TRUST_PROXY_HOPS: '1' }
  const wrong = bearer('a-guess')
  const from = (address: string, headers: Record<string, string> = {}) => ({
    'x-forwarded-for': address,
    ...headers,
  })
  let addresses = 0
  const nextAddress = (): string => {
    addresses += 1
    return `192.0.2.${addresses}`
  }
  let api: ServedApi
  beforeAll(async () => {
    api = await serveApi(stores, { env: { ...byKeysEnv, ...limit } })
  })
  afterAll(() => api.close())

  const get = async (path: string, headers: Record<string, string>): Promise<Answer> =>
    api.call(path, { headers })
  const fail = async (address: string, path: string, headers: Record<string, string>, times = 3) => {
    for (let n = 0; n < times; n += 1)
      expectProblem(await get(path, from(address, headers)), 401, 'unauthorized')
  }
  const cookie = async (address: string): Promise<string> => {
    const answer = await api.call('/admin/sign-in', {
      raw: new URLSearchParams({ name: 'admin', token: tokens.admin }).toString(),
      headers: from(address, {
        'content-type': 'application/x-www-form-urlencoded',
        'sec-fetch-site': 'same-origin',
      }),
    })
    return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  }

  test.each([
    ['below /admin', '/admin/queue', wrong],
    ['with a wrong password', '/admin/queue', { authorization: basic('admin', 'wrong') }],
    ['with something that is no token', '/admin/queue', { authorization: 'Digest abc' }],
    ['at the metrics', '/metrics', wrong],
    ['at the dashboard', '/admin/queues/api/queues', wrong],
    ['at an address that is not there', '/admin/nowhere', wrong],
    ['by way of the routes of customers', '/products', wrong],
  ])('%s is told when to come back', async (_what, path, headers) => {
    const address = nextAddress()
    const first = await get(path, from(address, headers))
    expectProblem(first, 401, 'unauthorized')
    expect(first.headers.get('ratelimit')).toMatch(/^"wrong-admin-tokens"; r=2; t=\d+$/)
    await fail(address, path, headers, 2)
    const refused = await get(path, from(address, headers))
    expectProblem(refused, 429, 'rate-limited')
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(500)
    expect(refused.body.detail).toMatch(
      /^expected fewer wrong tokens and passwords from this address: try again in \d+ s$/,
    )
    expect(refused.headers.get('ratelimit-policy')).toMatch(/^"wrong-admin-tokens"; q=3; w=600; pk=:.+:$/)
  })

  test('learns nothing more about tokens of admins, not even which is right; who has signed in stays', async () => {
    const address = '198.51.100.1'
    const session = await cookie(address)
    await fail(address, '/admin/queue', wrong)
    for (const path of ['/admin/queue', '/metrics', someJob])
      expectProblem(await get(path, from(address, adminHeaders)), 429, 'rate-limited')
    expect((await get('/admin/queue', from(address, { cookie: session }))).status).toBe(200)
    expect((await get('/admin/queue', from(address))).status).toBe(401)
    expect((await get('/admin/queue', from(address, { accept: 'text/html' }))).status).toBe(303)
    expect((await get('/admin/queue', from('198.51.100.2', adminHeaders))).status).toBe(200)
  })

  test('shuts out no customer of the same address: what is signed cannot be guessed', async () => {
    const address = '198.51.100.3'
    const expired = bearer(await issuer.signed({ ...goodClaims(), exp: nowS() - 60 }))
    await fail(address, someJob, expired)
    const refused = await get(someJob, from(address, expired))
    expectProblem(refused, 429, 'rate-limited')
    expect(refused.headers.get('ratelimit')).toMatch(/^"wrong-tokens"; r=0; t=\d+$/)
    const bought = await api.call('/purchases', { json: { productId }, headers: from(address, ann) })
    expect(bought.status).toBe(202)
    expect(bought.headers.get('ratelimit')).toBeNull()
    // And no admin: customers whose tokens have expired are no attack.
    expect((await get('/admin/queue', from(address, adminHeaders))).status).toBe(200)
    expectProblem(await get(someJob, from(address, adminHeaders)), 404, 'unknown-purchase')
  })

  test('is counted for what is wrong only', async () => {
    const address = '198.51.100.4'
    for (let n = 0; n < 5; n += 1) {
      expect((await get('/admin/queue', from(address, adminHeaders))).status).toBe(200)
      expect((await get('/customers/me/purchases', from(address, ann))).status).toBe(200)
      expectProblem(await get('/admin/queue', from(address)), 401, 'unauthorized')
      expectProblem(await get(someJob, from(address)), 401, 'unauthorized')
    }
    await fail(address, '/admin/queue', wrong)
    await fail(address, someJob, bearer('a.b.c'))
  })

  test('costs Redis nothing', async () => {
    expect(await api.redis.keys(`${redisKeys(stores.keyPrefix).limitPrefix}*`)).toEqual([])
  })

  test('gains nothing by saying that it is another', async () => {
    const forgedAddress = (n: number) => ({ ...wrong, 'x-forwarded-for': `10.0.0.${n}, 198.51.100.5` })
    const statuses: number[] = []
    for (let n = 0; n < 5; n += 1) statuses.push((await get('/admin/queue', forgedAddress(n))).status)
    expect(statuses).toEqual([401, 401, 401, 429, 429])
  })
})

test('while Redis is frozen wrong tokens are refused and limited as ever', async () => {
  const proxy = await openStoreProxy(stores.redisUrl)
  onTestFinished(proxy.close)
  const env = { RATE_LIMIT_WRONG_TOKENS_PER_IP: '2/600' }
  const api = await serveApi({ ...stores, redisUrl: proxy.url }, { env })
  onTestFinished(api.close)
  proxy.freeze()
  const statuses: number[] = []
  for (let n = 0; n < 4; n += 1) {
    const call = api.call('/admin/queue', { headers: bearer('a-guess') })
    statuses.push((await withDeadline('an answer', 1_000, call)).status)
  }
  expect(statuses).toEqual([401, 401, 429, 429])
})

test('every operation with a lock on its door answers a wrong token 401, then 429, as documented', async () => {
  const env = { ...byKeysEnv, RATE_LIMIT_WRONG_TOKENS_PER_IP: '1/600', TRUST_PROXY_HOPS: '1' }
  const api = await serveApi(stores, { env })
  onTestFinished(api.close)
  const locked = operations.filter(
    ({ description }) => Array.isArray(description.security) && description.security.length > 0,
  )
  expect(locked.length).toBeGreaterThan(20)
  for (const [at, { method, path, description }] of locked.entries()) {
    expect({ path, limited: Object.keys(description.responses ?? {}).includes('429') }).toEqual({
      path,
      limited: true,
    })
    const asked = { method: method.toUpperCase(), path: path.replace(/\{\w+\}/g, '1') }
    const seen: number[] = []
    for (let n = 0; n < 2; n += 1) {
      const headers = { ...bearer('a-guess'), 'x-forwarded-for': `203.0.113.${at}` }
      const answer = await api.call(asked.path, { method: asked.method, headers })
      seen.push(answer.status)
      const mediaType = answer.headers.get('content-type')?.split(';')[0]
      const plain = Object.fromEntries(answer.headers)
      const wrong = wrongWith(asked, { ...answer, headers: plain, mediaType })
      expect({ ...asked, wrong }).toEqual({ ...asked, wrong: undefined })
    }
    expect({ ...asked, seen }).toEqual({ ...asked, seen: [401, 429] })
  }
})

import { openLink } from '@flash-sale/local/chaos/link.ts'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { withDeadline } from '@flash-sale/shared/deadline.ts'
import { openCommandRedis } from '@flash-sale/shared/redis.ts'
import { redisKeys } from '@flash-sale/shared/redis-keys.ts'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { expectProblem } from './expect-problem.ts'
import { eventually, type ServedApi, serveApi } from './served-api.ts'

const stores = isolatedStores()
const env = { RATE_LIMIT_PER_IP: '4/600', RATE_LIMIT_PER_CUSTOMER: '2/600' }

/** Two processes that share their counters, behind no proxy; and one behind one proxy. */
let first: ServedApi
let second: ServedApi
let proxied: ServedApi
let productId: number

beforeAll(async () => {
  first = await serveApi(stores, { env })
  second = await serveApi(stores, { env })
  proxied = await serveApi(stores, { env: { ...env, TRUST_PROXY_HOPS: '1' } })
  productId = await first.createProduct()
})
afterAll(() => Promise.all([first, second, proxied].map((api) => api.close())))

const buy = (api: ServedApi, customerId: string, forwardedFor?: string) =>
  api.call('/purchases', {
    json: { productId, customerId },
    headers: forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor },
  })

const forget = async () => {
  const { limitPrefix } = redisKeys(stores.keyPrefix)
  const keys = await first.redis.keys(`${limitPrefix}*`)
  if (keys.length > 0) await first.redis.del(...keys)
}

describe('purchases', () => {
  test('of a customer, then of an address, over all processes', async () => {
    await forget()
    const one = await buy(first, 'ann')
    expect(one.status).toBe(202)
    expect(one.headers.get('ratelimit')).toMatch(/^"per-ip"; r=3; t=\d+, "per-customer"; r=1; t=\d+$/)
    expect(one.headers.get('ratelimit-policy')).toMatch(
      /^"per-ip"; q=4; w=600; pk=:.+:, "per-customer"; q=2; w=600; pk=:.+:$/,
    )
    expect((await buy(second, 'ann')).status).toBe(202)

    const queued = await first.queued()
    const tooMany = await buy(second, 'ann')
    expectProblem(tooMany, 429, 'rate-limited')
    expect(Number(tooMany.headers.get('retry-after'))).toBeGreaterThan(500)
    expect(await first.queued()).toBe(queued)

    expect((await buy(first, 'bob')).status).toBe(202)
    expectProblem(await buy(first, 'cid'), 429, 'rate-limited')
  })

  test('that are not valid are not counted', async () => {
    await forget()
    for (let n = 0; n < 6; n += 1)
      expectProblem(await first.call('/purchases', { json: {} }), 400, 'invalid-request')
    expect((await buy(first, 'ann')).status).toBe(202)
  })

  test.each([
    ['behind no proxy', () => first, (n: number) => `10.0.0.${n}`],
    ['behind one, in front of what it adds', () => proxied, (n: number) => `10.0.0.${n}, 192.0.2.7`],
  ])('%s: a forged X-Forwarded-For gains nothing', async (_what, api, forged) => {
    await forget()
    const statuses: number[] = []
    for (let n = 0; n < 6; n += 1) statuses.push((await buy(api(), `c-${n}`, forged(n))).status)
    expect(statuses).toEqual([202, 202, 202, 202, 429, 429])
  })

  test('behind one proxy, two of its clients are two', async () => {
    await forget()
    for (let n = 0; n < 5; n += 1) expect((await buy(proxied, `c-${n}`, `192.0.2.${n}`)).status).toBe(202)
  })

  test('a counter script that Redis forgot is sent again', async () => {
    await forget()
    await first.redis.script('FLUSH')
    expect((await buy(first, 'ann')).headers.get('ratelimit')).toContain('r=3')
  })
})

test('while Redis is away nobody is limited, and nobody waits', async () => {
  const logger = { warn: () => undefined, info: () => undefined } as never
  const gone = openCommandRedis({ url: 'redis://127.0.0.1:1', keyPrefix: stores.keyPrefix, logger }, 'gone')
  onTestFinished(() => gone.disconnect())
  const api = await serveApi(stores, { env, redis: gone })
  onTestFinished(() => api.close())
  for (let n = 0; n < 6; n += 1) expectProblem(await buy(api, 'ann'), 503, 'queue-unavailable')
  expect(api.logLines.filter((line) => line.includes('rate limits are off'))).toHaveLength(1)
})

describe('a Redis that is there and does not answer in time', () => {
  /** What is promised of every purchase. */
  const answerDeadlineMs = 2_000
  const limits = { RATE_LIMIT_PER_IP: '2/600', RATE_LIMIT_PER_CUSTOMER: '2/600' }

  const serveLinked = async () => {
    await forget()
    const linked = new URL(stores.redisUrl)
    const link = await openLink(0, Number(linked.port))
    onTestFinished(link.close)
    linked.port = String(link.port)
    const api = await serveApi({ ...stores, redisUrl: linked.href }, { env: limits })
    onTestFinished(api.close)
    // Until the product is known and the connection is there.
    await eventually(async () => (await buy(api, 'ann')).headers.get('ratelimit') !== null)
    const promptly = () => withDeadline('a purchase', answerDeadlineMs, buy(api, 'ann'))
    const offLines = () => api.logLines.filter((line) => line.includes('rate limits are off'))
    return { link, promptly, offLines }
  }

  test('slow: purchases pass uncounted for now, and are limited again as soon as it is quick', async () => {
    const { link, promptly, offLines } = await serveLinked()
    link.slow(80)
    for (let n = 0; n < 4; n += 1) {
      const bought = await promptly()
      expect({ status: bought.status, limit: bought.headers.get('ratelimit') }).toEqual({
        status: 202,
        limit: null,
      })
    }
    expect(offLines()).toHaveLength(1)
    await link.restore()
    expectProblem(await promptly(), 429, 'rate-limited')
  })

  test('frozen: a purchase is answered in time, by the queue, which is frozen too', async () => {
    const { link, promptly, offLines } = await serveLinked()
    link.hold('toServer')
    for (const answer of await Promise.all([promptly(), promptly(), promptly()])) {
      expectProblem(answer, 503, 'outcome-unknown')
      expect(answer.headers.get('ratelimit')).toBeNull()
    }
    expect(offLines()).toHaveLength(1)
    await link.restore()
    expectProblem(await promptly(), 429, 'rate-limited')
  })
})

test('reads of an address', async () => {
  const api = await serveApi(stores, { env: { RATE_LIMIT_READS_PER_IP: '3/600' } })
  onTestFinished(() => api.close())
  for (let n = 0; n < 3; n += 1) expect((await api.call('/products')).status).toBe(200)
  expectProblem(await api.call('/products'), 429, 'rate-limited')
  expect((await api.call('/livez')).status).toBe(200)
  expect((await buy(api, 'ann')).status).toBe(202)
})

test('failed sign-ins of an address, and no others', async () => {
  const api = await serveApi(stores)
  onTestFinished(() => api.close())
  const signIn = (token: string) =>
    api.call('/admin/sign-in', {
      raw: new URLSearchParams({ name: 'admin', token }).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: `http://127.0.0.1:${api.port}`,
      },
    })
  for (let n = 0; n < 12; n += 1) expect((await signIn('correct-horse-battery-staple')).status).toBe(303)
  for (let n = 0; n < 10; n += 1) expect((await signIn('wrong')).status).toBe(401)
  expectProblem(await signIn('wrong'), 429, 'rate-limited')
  expectProblem(await signIn('correct-horse-battery-staple'), 429, 'rate-limited')
})

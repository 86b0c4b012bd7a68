/** With everything logged, no secret that passes through the api is found in its log or its answers. */
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { basic, bearer, type ServedApi, serveApi, tokens } from './served-api.ts'

const jwtSecret = 'a-shared-secret-of-more-than-32-bytes'
const sessionSecret = 'a-session-secret-of-more-than-32-bytes'
const idempotencyKey = 'a-key-as-good-as-a-password'

const stores = isolatedStores()
let api: ServedApi
let answers = ''

beforeAll(async () => {
  api = await serveApi(stores, {
    env: {
      AUTH_MODE: 'jwt',
      JWT_SECRET: jwtSecret,
      JWT_ALGORITHMS: 'HS256',
      JWT_ISSUER: 'issuer',
      JWT_AUDIENCE: 'shop',
      SESSION_SECRET: sessionSecret,
      RATE_LIMIT_PER_CUSTOMER: '2/60',
    },
  })
})
afterAll(() => api.close())

test('secrets are in no log line and no answer', async () => {
  const productId = await api.createProduct()
  const jwt = await new SignJWT({ iss: 'issuer', aud: 'shop', sub: 'ann' })
    .setProtectedHeader({ alg: 'HS256' })
    .setExpirationTime('1m')
    .sign(new TextEncoder().encode(jwtSecret))
  const origin = `http://127.0.0.1:${api.port}`
  const form = { 'content-type': 'application/x-www-form-urlencoded', origin }
  const entered = await api.call('/admin/sign-in', {
    raw: `name=admin&token=${tokens.admin}`,
    headers: form,
  })
  const cookie = (entered.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
  const wrongToken = 'a-wrong-token-that-somebody-typed'

  const buy = (json: unknown, authorization = `Bearer ${jwt}`) =>
    api.call('/purchases', { json, headers: { authorization, 'idempotency-key': idempotencyKey } })
  const calls = [
    buy({ productId }),
    buy({ productId: 2_000_000 }),
    buy({ productId, customerId: 'ann' }),
    buy({ productId }, `Bearer ${jwt}x`),
    buy({ productId }, basic('admin', wrongToken)),
    api.call('/purchases', {
      json: { productId },
      headers: { ...bearer(jwt), 'idempotency-key': `${idempotencyKey}\t` },
    }),
    api.call('/admin/queues/api/queues', { headers: { cookie } }),
    api.call('/admin/products', { json: {}, headers: { cookie, origin } }),
    api.call('/admin/products', { json: {}, headers: { cookie } }),
    api.call('/admin/products', { json: {}, headers: bearer(tokens.watcher) }),
    api.call('/admin/nowhere', { headers: bearer(wrongToken) }),
    api.call('/admin/sign-in', { raw: `name=admin&token=${wrongToken}`, headers: form }),
    api.call('/nowhere', { headers: { ...bearer(jwt), cookie } }),
    api.call('/%zz', { headers: { ...bearer(jwt), cookie } }),
  ]
  for (const answer of await Promise.all(calls)) answers += answer.text
  for (let n = 0; n < 3; n += 1) answers += (await buy({ productId })).text

  expect(api.logLines.length).toBeGreaterThan(10)
  const seen = api.logLines.join('') + answers
  const secrets = [
    jwtSecret,
    sessionSecret,
    idempotencyKey,
    jwt,
    ...Object.values(tokens),
    wrongToken,
    cookie.split('=')[1] ?? '?',
    Buffer.from(`admin:${wrongToken}`).toString('base64'),
    new URL(stores.databaseUrl).password || stores.databaseUrl,
  ]
  for (const secret of secrets) expect(seen.includes(secret), secret).toBe(false)
})

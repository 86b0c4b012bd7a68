/** An event stream ends with the token or the session that opened it. */
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { readAdminEntries } from '@flash-sale/shared/admin-entry.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openAdmins } from '../src/auth/admins.ts'
import { openSessions } from '../src/auth/sessions.ts'
import { jwtEnv } from './customer-token.ts'
import { readEvents } from './event-reader.ts'
import { expectProblem } from './expect-problem.ts'
import { adminTokens, bearer, type ServedApi, serveApi } from './served-api.ts'
import { forged, goodClaims, nowS, tokenSecret } from './token-issuer.ts'

const stores = isolatedStores()
const sessionSecret = 'a-session-secret-of-more-than-32-bytes'
let api: ServedApi

beforeAll(async () => {
  const env = { ...jwtEnv, JWT_CLOCK_TOLERANCE_S: '0', SESSION_SECRET: sessionSecret }
  api = await serveApi(stores, { env })
})
afterAll(() => api.close())

/** Reads to the end. @returns when that was. */
const endOf = async (path: string, headers: Record<string, string>): Promise<number> => {
  const stream = await readEvents(`http://127.0.0.1:${api.port}${path}`, headers)
  expect(stream.status).toBe(200)
  while ((await stream.next()) !== undefined);
  return Date.now()
}

test("a purchase's, with the customer's token", async () => {
  const exp = nowS() + 2
  const ann = bearer(forged({ alg: 'HS256' }, { ...goodClaims(), exp }, tokenSecret))
  const productId = await api.createProduct()
  const { jobId } = (await api.call('/purchases', { json: { productId }, headers: ann })).body
  expect(await endOf(`/purchases/${jobId}/events`, ann)).toBeGreaterThanOrEqual(exp * 1_000)
  expectProblem(await api.call(`/purchases/${jobId}/events`, { headers: ann }), 401, 'unauthorized')
})

test("the lock page's, with the admin's session", async () => {
  const read = readAdminEntries(adminTokens)
  const [admin] = read.valid ? read.entries : []
  if (!admin) throw new Error('no admin')
  const sessionMs = 8 * 3_600_000
  const begunAtMs = Date.now() + 2_000 - sessionMs
  const sessions = openSessions(openAdmins([admin]), {
    secret: sessionSecret,
    secure: false,
    now: () => begunAtMs,
  })
  const cookie = sessions.begin(admin).split(';')[0] ?? ''
  const endsAtMs = Math.floor(begunAtMs / 1_000) * 1_000 + sessionMs
  expect(await endOf('/admin/locks/events', { cookie })).toBeGreaterThanOrEqual(endsAtMs)
  expectProblem(await api.call('/admin/locks/events', { headers: { cookie } }), 401, 'unauthorized')
})

import { createHmac, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type CustomerTokens, openCustomerTokens } from './customer-tokens.ts'

const rules = { issuer: 'https://id.example', audience: 'shop', clockToleranceS: 5 }
const secret = 'a-shared-secret-of-more-than-32-bytes'

const serve = async (listener: RequestListener) => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/keys`, close: () => server.close() }
}

let pair: Awaited<ReturnType<typeof generateKeyPair>>
let stranger: Awaited<ReturnType<typeof generateKeyPair>>
let publicPem: string
let fetches = 0
let jwks: Awaited<ReturnType<typeof serve>>
let byJwks: CustomerTokens
const bySecret = openCustomerTokens({ ...rules, keys: { secret }, algorithms: ['HS256'] })

beforeAll(async () => {
  pair = await generateKeyPair('RS256', { extractable: true })
  stranger = await generateKeyPair('RS256')
  publicPem = await exportSPKI(pair.publicKey)
  const body = JSON.stringify({
    keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }],
  })
  jwks = await serve((_request, response) => {
    fetches += 1
    response.end(body)
  })
  byJwks = openCustomerTokens({ ...rules, keys: { jwksUrl: jwks.url }, algorithms: ['RS256'] })
})
afterAll(() => jwks.close())

interface Claims {
  sub?: unknown
  iss?: string
  aud?: string
  exp?: number
  nbf?: number
}

const nowS = Math.floor(Date.now() / 1_000)
const good: Claims = { sub: 'ann', iss: rules.issuer, aud: rules.audience, exp: nowS + 600 }

const signed = (
  claims: Claims,
  key = pair.privateKey,
  header: Record<string, unknown> = {},
): Promise<string> =>
  new SignJWT({ ...claims } as Record<string, unknown>)
    .setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header })
    .sign(key)

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Put together by hand, as an attacker does. */
const forged = (header: Record<string, unknown>, claims: Claims, key?: string): string => {
  const body = `${encoded(header)}.${encoded(claims)}`
  return `${body}.${key === undefined ? '' : createHmac('sha256', key).update(body).digest('base64url')}`
}

describe('the customer is the sub of a valid token', () => {
  const rows: [what: string, make: () => Promise<string> | string, tokens: () => CustomerTokens][] = [
    ['signed by a key of the set', () => signed(good), () => byJwks],
    ['signed with the secret', () => forged({ alg: 'HS256' }, good, secret), () => bySecret],
    ['expired within the tolerance', () => signed({ ...good, exp: nowS - 1 }), () => byJwks],
    ['valid from a moment ago', () => signed({ ...good, nbf: nowS }), () => byJwks],
  ]
  test.each(rows)('%s', async (_what, make, tokens) => {
    expect(await tokens().verify(await make())).toEqual({ kind: 'customer', customerId: 'ann' })
  })
})

describe('not valid', () => {
  const without = (name: keyof Claims): Claims => ({ ...good, [name]: undefined })
  const rows: [what: string, make: () => Promise<string> | string, why: RegExp][] = [
    ['noise', () => 'abc', /signed by a known key/],
    ['three parts of noise', () => 'a.b.c', /signed by a known key/],
    ['signed by a stranger', () => signed(good, stranger.privateKey), /signed by a known key/],
    ['an unknown key id', () => signed(good, stranger.privateKey, { kid: 'k2' }), /signed by a known key/],
    [
      'claims changed afterwards',
      async () => {
        const [header, , signature] = (await signed(good)).split('.')
        return `${header}.${encoded({ ...good, sub: 'bob' })}.${signature}`
      },
      /signed by a known key/,
    ],
    ['alg none', () => forged({ alg: 'none' }, good), /signed by a known key/],
    ['alg None', () => forged({ alg: 'None' }, good), /signed by a known key/],
    [
      'alg none with a signature',
      () => forged({ alg: 'none', kid: 'k1' }, good, secret),
      /signed by a known key/,
    ],
    [
      'HS256 with the public key as its secret',
      () => forged({ alg: 'HS256', kid: 'k1' }, good, publicPem),
      /signed by a known key/,
    ],
    [
      'a key in its own header',
      async () => {
        const own = generateKeyPairSync('rsa', { modulusLength: 2048 })
        return signed(good, own.privateKey as never, {
          jwk: own.publicKey.export({ format: 'jwk' }),
          kid: undefined,
        })
      },
      /signed by a known key/,
    ],
    [
      'a critical header nobody knows',
      () => forged({ alg: 'RS256', kid: 'k1', crit: ['x'], x: 1 }, good, 'x'),
      /signed by a known key/,
    ],
    ['expired', () => signed({ ...good, exp: nowS - 60 }), /has not expired/],
    ['without an end', () => signed(without('exp')), /the right exp, got none/],
    ['not yet valid', () => signed({ ...good, nbf: nowS + 60 }), /is valid already/],
    [
      'of another issuer',
      () => signed({ ...good, iss: 'https://evil.example' }),
      /the right iss, got another/,
    ],
    ['without an issuer', () => signed(without('iss')), /the right iss, got none/],
    ['for another audience', () => signed({ ...good, aud: 'bank' }), /the right aud, got another/],
    ['without an audience', () => signed(without('aud')), /the right aud, got none/],
    ['without a customer', () => signed(without('sub')), /the right sub, got none/],
    ['an empty customer', () => signed({ ...good, sub: '' }), /sub is a customer id/],
    ['a customer too long', () => signed({ ...good, sub: 'c'.repeat(129) }), /sub is a customer id/],
    ['a customer with a line break', () => signed({ ...good, sub: 'a\nb' }), /sub is a customer id/],
    ['a customer that is an object', () => signed({ ...good, sub: { $ne: 1 } }), /./],
  ]
  test.each(rows)('%s', async (_what, make, why) => {
    const token = await make()
    const verified = await byJwks.verify(token)
    expect(verified).toEqual({ kind: 'invalid', why: expect.stringMatching(why) })
    expect(JSON.stringify(verified)).not.toContain(token)
  })

  test.each([
    ['another secret', () => forged({ alg: 'HS256' }, good, 'another-secret-of-more-than-32-bytes!')],
    ['alg none', () => forged({ alg: 'none' }, good)],
    ['an algorithm that is not listed', () => forged({ alg: 'HS512' }, good, secret)],
    ['RS256', () => signed(good)],
  ])('with a secret: %s', async (_what, make) => {
    expect(await bySecret.verify(await make())).toMatchObject({ kind: 'invalid' })
  })
})

test('the keys are fetched once, however many tokens name a key that is not among them', async () => {
  await byJwks.verify(await signed(good))
  const before = fetches
  for (let kid = 0; kid < 20; kid += 1) {
    expect(
      await byJwks.verify(await signed(good, stranger.privateKey, { kid: `unknown-${kid}` })),
    ).toMatchObject({
      kind: 'invalid',
    })
  }
  expect(fetches).toBe(before)
})

describe('keys that cannot be had', () => {
  const broken: [what: string, listener: RequestListener][] = [
    ['a fault', (_request, response) => void response.writeHead(500).end()],
    ['no keys', (_request, response) => void response.end('{}')],
    ['no JSON', (_request, response) => void response.end('<html>')],
    ['another address', (_request, response) => void response.writeHead(302, { location: '/x' }).end()],
    ['silence', () => undefined],
    ['a cut connection', (request) => void request.socket.destroy()],
  ]
  test.each(broken)(
    '%s is not the fault of a token, and is not asked for again at once',
    async (_what, listener) => {
      let asked = 0
      const server = await serve((request, response) => {
        asked += 1
        listener(request, response)
      })
      onTestFinished(() => void server.close())
      const tokens = openCustomerTokens({ ...rules, keys: { jwksUrl: server.url }, algorithms: ['RS256'] })
      const token = await signed(good)
      expect(await tokens.verify(token)).toMatchObject({ kind: 'unavailable' })
      for (let call = 0; call < 10; call += 1) {
        expect(await tokens.verify(token)).toMatchObject({ kind: 'unavailable' })
      }
      expect(asked).toBe(1)
    },
  )
})

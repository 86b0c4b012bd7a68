/** An identity provider of a test file, the tokens that it makes, and those that others put together. */
import { createHmac, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'

export const tokenRules = { issuer: 'https://id.example', audience: 'shop', clockToleranceS: 5 }
export const tokenSecret = 'a-shared-secret-of-more-than-32-bytes'

export interface Claims {
  sub?: unknown
  iss?: string
  aud?: string
  exp?: number
  nbf?: number
}

export const nowS = (): number => Math.floor(Date.now() / 1_000)

export const goodClaims = (): Claims => ({
  sub: 'ann',
  iss: tokenRules.issuer,
  aud: tokenRules.audience,
  exp: nowS() + 600,
})

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Put together by hand, as an attacker does. */
export const forged = (header: Record<string, unknown>, claims: Claims, key?: string): string => {
  const body = `${encoded(header)}.${encoded(claims)}`
  return `${body}.${key === undefined ? '' : createHmac('sha256', key).update(body).digest('base64url')}`
}

export const serveKeys = async (listener: RequestListener) => {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/keys`, close: () => server.close() }
}

/** Serves the public half of an RS256 key as a JWKS; close it in `afterAll`. */
export const openTokenIssuer = async () => {
  const pair = await generateKeyPair('RS256', { extractable: true })
  const stranger = await generateKeyPair('RS256')
  const publicPem = await exportSPKI(pair.publicKey)
  const keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }]
  let fetches = 0
  const jwks = await serveKeys((_request, response) => {
    fetches += 1
    response.end(JSON.stringify({ keys }))
  })
  const signed = (
    claims: Claims,
    key = pair.privateKey,
    header: Record<string, unknown> = {},
  ): Promise<string> =>
    new SignJWT({ ...claims } as Record<string, unknown>)
      .setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header })
      .sign(key)
  return {
    jwksUrl: jwks.url,
    close: jwks.close,
    fetches: () => fetches,
    signed,
    signedByStranger: (claims: Claims, header: Record<string, unknown> = {}) =>
      signed(claims, stranger.privateKey, header),
    publicPem,
  }
}

export type TokenIssuer = Awaited<ReturnType<typeof openTokenIssuer>>

type WrongToken = [what: string, make: (issuer: TokenIssuer) => Promise<string> | string, why: RegExp]

const without = (name: keyof Claims): Claims => ({ ...goodClaims(), [name]: undefined })
const badSignature = /signed by a known key/
const noCustomer = /sub is a customer id/

/** Whatever is not a token of this issuer for us, now; `why`: what the caller is told. */
export const wrongTokens: readonly WrongToken[] = [
  ['noise', () => 'abc', badSignature],
  ['three parts of noise', () => 'a.b.c', badSignature],
  ['signed by a stranger', ({ signedByStranger }) => signedByStranger(goodClaims()), badSignature],
  [
    'an unknown key id',
    ({ signedByStranger }) => signedByStranger(goodClaims(), { kid: 'k2' }),
    badSignature,
  ],
  [
    'claims changed afterwards',
    async ({ signed }) => {
      const [header, , signature] = (await signed(goodClaims())).split('.')
      return `${header}.${encoded({ ...goodClaims(), sub: 'bob' })}.${signature}`
    },
    badSignature,
  ],
  ['alg none', () => forged({ alg: 'none' }, goodClaims()), badSignature],
  ['alg None', () => forged({ alg: 'None' }, goodClaims()), badSignature],
  [
    'alg none with a signature',
    () => forged({ alg: 'none', kid: 'k1' }, goodClaims(), tokenSecret),
    badSignature,
  ],
  [
    'HS256 with the public key as its secret',
    ({ publicPem }) => forged({ alg: 'HS256', kid: 'k1' }, goodClaims(), publicPem),
    badSignature,
  ],
  [
    'a key in its own header',
    ({ signed }) => {
      const own = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const jwk = own.publicKey.export({ format: 'jwk' })
      return signed(goodClaims(), own.privateKey as never, { jwk, kid: undefined })
    },
    badSignature,
  ],
  [
    'a critical header nobody knows',
    () => forged({ alg: 'RS256', kid: 'k1', crit: ['x'], x: 1 }, goodClaims(), 'x'),
    badSignature,
  ],
  ['expired', ({ signed }) => signed({ ...goodClaims(), exp: nowS() - 60 }), /has not expired/],
  ['without an end', ({ signed }) => signed(without('exp')), /the right exp, got none/],
  ['not yet valid', ({ signed }) => signed({ ...goodClaims(), nbf: nowS() + 60 }), /is valid already/],
  [
    'of another issuer',
    ({ signed }) => signed({ ...goodClaims(), iss: 'https://evil.example' }),
    /the right iss, got another/,
  ],
  ['without an issuer', ({ signed }) => signed(without('iss')), /the right iss, got none/],
  [
    'for another audience',
    ({ signed }) => signed({ ...goodClaims(), aud: 'bank' }),
    /the right aud, got another/,
  ],
  ['without an audience', ({ signed }) => signed(without('aud')), /the right aud, got none/],
  ['without a customer', ({ signed }) => signed(without('sub')), /the right sub, got none/],
  ['an empty customer', ({ signed }) => signed({ ...goodClaims(), sub: '' }), noCustomer],
  ['a customer too long', ({ signed }) => signed({ ...goodClaims(), sub: 'c'.repeat(129) }), noCustomer],
  ['a customer with a line break', ({ signed }) => signed({ ...goodClaims(), sub: 'a\nb' }), noCustomer],
  ['a customer that is an object', ({ signed }) => signed({ ...goodClaims(), sub: { $ne: 1 } }), /./],
]

/** The same where a secret signs and checks (HS256). */
export const wrongSecretTokens: readonly WrongToken[] = [
  [
    'another secret',
    () => forged({ alg: 'HS256' }, goodClaims(), 'another-secret-of-more-than-32-bytes!'),
    badSignature,
  ],
  ['alg none', () => forged({ alg: 'none' }, goodClaims()), badSignature],
  [
    'an algorithm that is not listed',
    () => forged({ alg: 'HS512' }, goodClaims(), tokenSecret),
    badSignature,
  ],
  ['RS256', ({ signed }) => signed(goodClaims()), badSignature],
  ['expired', () => forged({ alg: 'HS256' }, { ...goodClaims(), exp: nowS() - 60 }, tokenSecret), /expired/],
]

import type { RequestListener } from 'node:http'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  forged,
  goodClaims,
  nowS,
  openTokenIssuer,
  serveKeys,
  type TokenIssuer,
  tokenRules,
  tokenSecret,
  wrongSecretTokens,
  wrongTokens,
} from '../../test/token-issuer.ts'
import { type CustomerTokens, openCustomerTokens } from './customer-tokens.ts'

let issuer: TokenIssuer
let byJwks: CustomerTokens
const bySecret = openCustomerTokens({ ...tokenRules, keys: { secret: tokenSecret }, algorithms: ['HS256'] })

beforeAll(async () => {
  issuer = await openTokenIssuer()
  byJwks = openCustomerTokens({ ...tokenRules, keys: { jwksUrl: issuer.jwksUrl }, algorithms: ['RS256'] })
})
afterAll(() => issuer.close())

describe('the customer is the sub of a valid token', () => {
  const rows: [what: string, make: () => Promise<string> | string, tokens: () => CustomerTokens][] = [
    ['signed by a key of the set', () => issuer.signed(goodClaims()), () => byJwks],
    ['signed with the secret', () => forged({ alg: 'HS256' }, goodClaims(), tokenSecret), () => bySecret],
    ['expired within the tolerance', () => issuer.signed({ ...goodClaims(), exp: nowS() - 1 }), () => byJwks],
    ['valid from a moment ago', () => issuer.signed({ ...goodClaims(), nbf: nowS() }), () => byJwks],
  ]
  test.each(rows)('%s', async (_what, make, tokens) => {
    const validUntilMs = expect.any(Number)
    expect(await tokens().verify(await make())).toEqual({ kind: 'customer', customerId: 'ann', validUntilMs })
  })

  test('until it ends, the tolerance included', async () => {
    const exp = nowS() + 100
    const verified = await byJwks.verify(await issuer.signed({ ...goodClaims(), exp }))
    expect(verified).toMatchObject({ validUntilMs: (exp + tokenRules.clockToleranceS) * 1_000 })
  })
})

describe('not valid', () => {
  test.each(wrongTokens)('%s', async (_what, make, why) => {
    const token = await make(issuer)
    const verified = await byJwks.verify(token)
    expect(verified).toEqual({ kind: 'invalid', why: expect.stringMatching(why) })
    expect(JSON.stringify(verified)).not.toContain(token)
  })

  test.each(wrongSecretTokens)('with a secret: %s', async (_what, make, why) => {
    const verified = await bySecret.verify(await make(issuer))
    expect(verified).toEqual({ kind: 'invalid', why: expect.stringMatching(why) })
  })
})

test('the keys are fetched once, however many tokens name a key that is not among them', async () => {
  await byJwks.verify(await issuer.signed(goodClaims()))
  const before = issuer.fetches()
  for (let kid = 0; kid < 20; kid += 1) {
    expect(
      await byJwks.verify(await issuer.signedByStranger(goodClaims(), { kid: `unknown-${kid}` })),
    ).toMatchObject({
      kind: 'invalid',
    })
  }
  expect(issuer.fetches()).toBe(before)
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
      const server = await serveKeys((request, response) => {
        asked += 1
        listener(request, response)
      })
      onTestFinished(() => void server.close())
      const tokens = openCustomerTokens({
        ...tokenRules,
        keys: { jwksUrl: server.url },
        algorithms: ['RS256'],
      })
      const token = await issuer.signed(goodClaims())
      expect(await tokens.verify(token)).toMatchObject({ kind: 'unavailable' })
      for (let call = 0; call < 10; call += 1) {
        expect(await tokens.verify(token)).toMatchObject({ kind: 'unavailable' })
      }
      expect(asked).toBe(1)
    },
  )
})

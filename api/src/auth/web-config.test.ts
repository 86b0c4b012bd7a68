import { expect, test } from 'vitest'
import { apiConfigFrom } from '../api-config.ts'
import { webSettingsOf } from './web-config.ts'

const off = {
  purchasesPerIp: undefined,
  purchasesPerCustomer: undefined,
  readsPerIp: undefined,
  wrongTokensPerIp: undefined,
}
const shared = { streams: undefined, held: undefined, connections: undefined }
const settings = (env: Record<string, string>, NODE_ENV = 'development') =>
  webSettingsOf({ ...apiConfigFrom(env), NODE_ENV })

test('a developer is not limited, and not behind TLS', () => {
  expect(settings({})).toEqual({ secure: false, proxyHops: 0, corsOrigins: [], limits: off, shares: shared })
})

test('production is, unless it says otherwise', () => {
  expect(settings({}, 'production')).toEqual({
    secure: true,
    proxyHops: 0,
    corsOrigins: [],
    limits: {
      purchasesPerIp: { count: 300, windowS: 60 },
      purchasesPerCustomer: { count: 30, windowS: 60 },
      readsPerIp: { count: 6_000, windowS: 60 },
      wrongTokensPerIp: { count: 60, windowS: 60 },
    },
    shares: { streams: 500, held: 500, connections: undefined },
  })
  const env = {
    BEHIND_TLS: 'no',
    RATE_LIMIT_PER_IP: 'off',
    RATE_LIMIT_PER_CUSTOMER: '2/10',
    RATE_LIMIT_READS_PER_IP: 'off',
    RATE_LIMIT_WRONG_TOKENS_PER_IP: 'off',
    MAX_STREAMS_PER_IP: '7',
    MAX_HELD_PER_IP: 'off',
    MAX_CONNECTIONS_PER_IP: '9',
  }
  expect(settings(env, 'production')).toMatchObject({
    secure: false,
    limits: { ...off, purchasesPerCustomer: { count: 2, windowS: 10 } },
    shares: { streams: 7, held: undefined, connections: 9 },
  })
})

test.each([
  [
    'MAX_STREAMS_PER_IP',
    '0',
    /MAX_STREAMS_PER_IP: expected a whole number from 1 to 9999999, or off, got "0"/,
  ],
  ['MAX_HELD_PER_IP', 'many', /MAX_HELD_PER_IP: expected a whole number .* got "many"/],
  ['RATE_LIMIT_WRONG_TOKENS_PER_IP', '60', /RATE_LIMIT_WRONG_TOKENS_PER_IP: expected REQUESTS\/SECONDS/],
])('%s=%s is refused', (name, value, message) => {
  expect(() => apiConfigFrom({ [name]: value })).toThrow(message)
})

test('a share of the connections of one address is refused where that address is a proxy', () => {
  const env = { MAX_CONNECTIONS_PER_IP: '100', TRUST_PROXY_HOPS: '1' }
  expect(() => apiConfigFrom(env)).toThrow(/MAX_CONNECTIONS_PER_IP: expected off behind a proxy .* got 100/)
  expect(apiConfigFrom({ ...env, TRUST_PROXY_HOPS: '0' }).MAX_CONNECTIONS_PER_IP).toBe('100')
})

import { adminEntryOf } from '@flash-sale/shared/admin-entry.ts'
import { ConfigError } from '@flash-sale/shared/config/readers.ts'
import { describe, expect, test } from 'vitest'
import { apiConfigFrom } from './api-config.ts'

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://engine:a-long-password@db/engine',
  REDIS_URL: 'redis://:a-long-password@redis',
  AUTH_MODE: 'none',
  ADMIN_TOKENS: adminEntryOf('ops', 'operator', 'a token'),
  SESSION_SECRET: 'a session secret of 32 bytes or more',
}

test('a developer needs to set nothing', () => {
  const config = apiConfigFrom({})
  expect(config).toMatchObject({
    PORT: 3000,
    HOST: '127.0.0.1',
    TRUST_PROXY_HOPS: 0,
    DEMO_STRATEGIES: false,
    DATABASE_POOL_MAX: 4,
    MAX_CONNECTIONS: 10_000,
  })
  expect(config).not.toHaveProperty('AUTH_MODE')
  expect(config).not.toHaveProperty('ADMIN_TOKENS')
  expect(Object.isFrozen(config)).toBe(true)
})

test('production starts with secrets of its own', () => {
  expect(apiConfigFrom(production).NODE_ENV).toBe('production')
})

describe('production refuses', () => {
  test.each([
    [
      'no word about customers',
      { AUTH_MODE: undefined },
      /AUTH_MODE: expected none or jwt, said .* got nothing/,
    ],
    ['no admin', { ADMIN_TOKENS: undefined }, /ADMIN_TOKENS: expected at least one .* got nothing/],
    ['no session secret', { SESSION_SECRET: undefined }, /SESSION_SECRET: expected a random .* got nothing/],
    ['the naive strategy', { DEMO_STRATEGIES: 'true' }, /DEMO_STRATEGIES: expected false/],
    ['no database', { DATABASE_URL: undefined }, /DATABASE_URL: expected/],
    ['no Redis', { REDIS_URL: undefined }, /REDIS_URL: expected/],
  ])('%s', (_what, change, message) => {
    expect(() => apiConfigFrom({ ...production, ...change })).toThrow(message)
  })

  test('all at once, without telling a secret', () => {
    const env = {
      ...production,
      SESSION_SECRET: 'hunter2',
      ADMIN_TOKENS: 'ops:operator:hunter2',
      JWT_SECRET: 'hunter2',
      REDIS_URL: 'redis://:hunter2@',
      TRUST_PROXY_HOPS: 'all',
    }
    try {
      apiConfigFrom(env)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError)
      const { message } = error as ConfigError
      expect(message.split('\n')).toHaveLength(6)
      expect(message).not.toContain('hunter2')
    }
  })
})

test.each([
  ['PORT', '65536'],
  ['PORT', 'http'],
  ['AUTH_MODE', 'basic'],
  ['ADMIN_TOKENS', 'ops:operator:secret'],
  ['SESSION_SECRET', 'x'.repeat(31)],
  ['JWT_SECRET', 'x'.repeat(31)],
  ['JWT_JWKS_URL', 'file:///etc/passwd'],
  ['JWT_CLOCK_TOLERANCE_S', '301'],
  ['TRUST_PROXY_HOPS', 'true'],
  ['TRUST_PROXY_HOPS', '-1'],
  ['CORS_ORIGINS', '*'],
  ['CORS_ORIGINS', 'null'],
  ['CORS_ORIGINS', 'https://shop.example/'],
  ['CORS_ORIGINS', 'https://shop.example,shop.example'],
  ['RATE_LIMIT_PER_IP', '300'],
  ['RATE_LIMIT_PER_IP', '0/60'],
  ['RATE_LIMIT_PER_CUSTOMER', 'none'],
  ['RATE_LIMIT_READS_PER_IP', '1/0'],
  ['MAX_CONNECTIONS', '0'],
  ['DATABASE_POOL_MAX', '1000'],
  ['DEMO_STRATEGIES', 'maybe'],
])('%s=%s is refused', (name, value) => {
  expect(() => apiConfigFrom({ [name]: value })).toThrow(new RegExp(`${name}: expected`))
})

describe('AUTH_MODE=jwt', () => {
  const jwt = {
    AUTH_MODE: 'jwt',
    JWT_SECRET: 'x'.repeat(32),
    JWT_ALGORITHMS: 'HS256, HS512',
    JWT_ISSUER: 'https://id.example',
    JWT_AUDIENCE: 'shop',
  }
  const jwks = {
    ...jwt,
    JWT_SECRET: undefined,
    JWT_JWKS_URL: 'http://id.example/keys',
    JWT_ALGORITHMS: 'RS256,ES256',
  }

  test('with a secret, or with keys at an address', () => {
    expect(apiConfigFrom(jwt).JWT_ALGORITHMS).toEqual(['HS256', 'HS512'])
    expect(apiConfigFrom(jwks).JWT_ALGORITHMS).toEqual(['RS256', 'ES256'])
  })

  test.each<[what: string, env: Record<string, string | undefined>, message: RegExp]>([
    ['no key', { ...jwt, JWT_SECRET: undefined }, /JWT_JWKS_URL: expected either .* got neither/],
    ['two keys', { ...jwt, JWT_JWKS_URL: jwks.JWT_JWKS_URL }, /JWT_JWKS_URL: expected either .* got both/],
    [
      'no algorithm',
      { ...jwt, JWT_ALGORITHMS: undefined },
      /JWT_ALGORITHMS: expected a list from HS256,.* got "nothing"/,
    ],
    ['alg none', { ...jwt, JWT_ALGORITHMS: 'HS256,none' }, /JWT_ALGORITHMS: .* got "none"/],
    [
      'a public-key algorithm with a secret',
      { ...jwt, JWT_ALGORITHMS: 'RS256' },
      /JWT_ALGORITHMS: .* got "RS256"/,
    ],
    [
      'a secret algorithm with public keys',
      { ...jwks, JWT_ALGORITHMS: 'RS256,HS256' },
      /JWT_ALGORITHMS: .* got "HS256"/,
    ],
    ['no issuer', { ...jwt, JWT_ISSUER: undefined }, /JWT_ISSUER: expected with AUTH_MODE=jwt/],
    ['no audience', { ...jwt, JWT_AUDIENCE: undefined }, /JWT_AUDIENCE: expected with AUTH_MODE=jwt/],
    [
      'keys without TLS in production',
      { ...production, ...jwks },
      /JWT_JWKS_URL: expected https: in production/,
    ],
  ])('%s is refused', (_what, env, message) => {
    expect(() => apiConfigFrom(env)).toThrow(message)
  })
})

import { ConfigError } from '@flash-sale/shared/config/readers.ts'
import { describe, expect, test } from 'vitest'
import { apiConfigFrom } from './api-config.ts'

const production = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://engine:a-long-password@db/engine',
  REDIS_URL: 'redis://:a-long-password@redis',
  ADMIN_PASSWORD: 'correct horse battery',
}

test('a developer needs to set nothing', () => {
  const config = apiConfigFrom({})
  expect(config).toMatchObject({
    PORT: 3000,
    HOST: '127.0.0.1',
    ADMIN_USER: 'admin',
    ADMIN_PASSWORD: 'flash-sale',
    DEMO_STRATEGIES: false,
    DATABASE_POOL_MAX: 4,
    MAX_CONNECTIONS: 10_000,
  })
  expect(Object.isFrozen(config)).toBe(true)
})

test('production starts with secrets of its own', () => {
  expect(apiConfigFrom(production).NODE_ENV).toBe('production')
})

describe('production refuses', () => {
  test.each([
    [
      'the default admin password',
      { ADMIN_PASSWORD: 'flash-sale' },
      /ADMIN_PASSWORD: expected .* got none or the def/,
    ],
    [
      'no admin password',
      { ADMIN_PASSWORD: undefined },
      /ADMIN_PASSWORD: expected .* got none or the default/,
    ],
    ['a short admin password', { ADMIN_PASSWORD: 'short' }, /ADMIN_PASSWORD: expected .* got 5 characters/],
    ['the naive strategy', { DEMO_STRATEGIES: 'true' }, /DEMO_STRATEGIES: expected false/],
    ['no database', { DATABASE_URL: undefined }, /DATABASE_URL: expected/],
    ['no Redis', { REDIS_URL: undefined }, /REDIS_URL: expected/],
  ])('%s', (_what, change, message) => {
    expect(() => apiConfigFrom({ ...production, ...change })).toThrow(message)
  })

  test('all at once, without telling a secret', () => {
    const env = {
      ...production,
      ADMIN_PASSWORD: 'hunter2',
      REDIS_URL: 'redis://cache',
      DEMO_STRATEGIES: 'yes',
    }
    try {
      apiConfigFrom(env)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ConfigError)
      const { message } = error as ConfigError
      expect(message.split('\n')).toHaveLength(4)
      expect(message).not.toContain('hunter2')
    }
  })
})

test.each([
  ['PORT', '65536'],
  ['PORT', 'http'],
  ['ADMIN_USER', 'a:b'],
  ['MAX_CONNECTIONS', '0'],
  ['DATABASE_POOL_MAX', '1000'],
  ['DEMO_STRATEGIES', 'maybe'],
])('%s=%s is refused', (name, value) => {
  expect(() => apiConfigFrom({ [name]: value })).toThrow(new RegExp(`${name}: expected`))
})

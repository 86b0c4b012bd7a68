import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { ConfigError, flag, oneOf, port, readConfig, storeUrl, text, wholeNumber } from './readers.ts'
import { storeSecretProblems } from './stores-config.ts'

const schema = z.object({
  PORT: port(3_000),
  SIZE: wholeNumber({ min: 1, max: 10, unit: 'jobs', fallback: 5 }),
  NEEDED: text({ max: 5 }),
  SWITCH: flag(false),
  LEVEL: oneOf(['low', 'high'], 'low'),
  STORE: storeUrl(['redis:'], 'redis://localhost'),
  MAYBE: text({ max: 3 }).optional(),
})

describe('a configuration', () => {
  it('takes defaults for what is not set or empty, and is frozen', () => {
    const config = readConfig(schema, { NEEDED: ' yes ', SIZE: '', MAYBE: ' ' })
    expect(config).toEqual({
      PORT: 3_000,
      SIZE: 5,
      NEEDED: 'yes',
      SWITCH: false,
      LEVEL: 'low',
      STORE: 'redis://localhost',
    })
    expect(Object.isFrozen(config)).toBe(true)
  })

  const wrong: [variable: string, value: string, message: string][] = [
    ['PORT', '70000', 'PORT: expected a whole number from 0 to 65535, got "70000"'],
    ['PORT', '3.5', 'got "3.5"'],
    ['SIZE', '0', 'SIZE: expected a whole number from 1 to 10 (jobs), got "0"'],
    ['SIZE', '1e1', 'got "1e1"'],
    ['NEEDED', '', 'NEEDED: expected text of 1 to 5 characters, got nothing'],
    ['NEEDED', 'too long', 'got "too long"'],
    ['SWITCH', 'perhaps', 'SWITCH: expected true or false, got "perhaps"'],
    ['LEVEL', 'mid', 'LEVEL: expected one of low, high, got "mid"'],
    ['STORE', 'http://x', 'STORE: expected a URL starting with redis://, got 8 characters'],
    ['MAYBE', 'four', 'MAYBE: expected text of 1 to 3 characters, got "four"'],
  ]
  it.each(wrong)('with %s = %j is refused', (variable, value, message) => {
    expect(() => readConfig(schema, { NEEDED: 'yes', [variable]: value })).toThrow(message)
  })

  it('names every wrong variable at once', () => {
    const read = () => readConfig(schema, { PORT: 'x', SIZE: 'y' })
    expect(read).toThrow(ConfigError)
    expect(read).toThrow(/PORT.*SIZE.*NEEDED/s)
  })
})

describe('the secrets of the stores in production', () => {
  const good = { NODE_ENV: 'production', DATABASE_URL: 'postgres://u:s@h/d', REDIS_URL: 'redis://:s@h' }
  it.each([
    ['are there', good, []],
    ['lack a database password', { ...good, DATABASE_URL: 'postgres://u@h/d' }, ['DATABASE_URL']],
    [
      'are a developer’s',
      { ...good, DATABASE_URL: 'postgres://flash_sale:flash_sale@localhost:5432/flash_sale' },
      ['DATABASE_URL'],
    ],
    ['lack a Redis password', { ...good, REDIS_URL: 'redis://h' }, ['REDIS_URL']],
    ['do not matter elsewhere', { ...good, NODE_ENV: 'development', REDIS_URL: 'redis://h' }, []],
  ])('%s', (_name, config, variables) => {
    expect(storeSecretProblems(config).flatMap((problem) => problem.path)).toEqual(variables)
  })
})

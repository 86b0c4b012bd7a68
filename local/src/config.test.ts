import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectRoot, startConfig } from './config.ts'

test('everything has a default', () => {
  expect(startConfig({})).toEqual({
    PORT: 3_000,
    DATABASE_URL: undefined,
    REDIS_URL: undefined,
    DATA_DIR: join(projectRoot, '.data'),
    WORKERS: 2,
    DEMO_STRATEGIES: true,
  })
})

test('what is given is read; empty counts as not given', () => {
  const environment = {
    PORT: '8080',
    DATA_DIR: '/srv/sale',
    WORKERS: '3',
    DEMO_STRATEGIES: 'off',
    REDIS_URL: '',
  }
  const config = startConfig(environment)
  expect(config.REDIS_URL).toBeUndefined()
  expect(config).toMatchObject({
    PORT: 8_080,
    DATA_DIR: '/srv/sale',
    WORKERS: 3,
    DEMO_STRATEGIES: false,
  })
})

test('every wrong variable is named with what was expected, secrets are not shown', () => {
  const environment = {
    PORT: 'http',
    WORKERS: '0',
    DATABASE_URL: 'mysql://user:hunter2@localhost',
  }
  const read = () => startConfig(environment)
  for (const name of Object.keys(environment)) expect(read).toThrow(new RegExp(`${name}: .*expected`))
  expect(read).not.toThrow(/hunter2/)
})

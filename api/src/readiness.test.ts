import { schemaVersion } from '@flash-sale/shared/migrate.ts'
import type { Database } from '@flash-sale/shared/postgres.ts'
import { DatabaseUnavailableError } from '@flash-sale/shared/postgres.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import { expect, test } from 'vitest'
import { checkReadiness } from './readiness.ts'

const redisOf = (status: string, policy: string) =>
  ({
    status,
    ping: async () => 'PONG',
    info: async () => `# Memory\r\nused_memory:1\r\nmaxmemory_policy:${policy}\r\nmem_x:1\r\n`,
  }) as unknown as Redis
const databaseOf = (version: string | null) =>
  ({ run: async () => [{ version }], close: async () => undefined }) as unknown as Database

const current = databaseOf(String(schemaVersion))
const fine = redisOf('ready', 'noeviction')

test.each([
  ['all is well', fine, current, { redis: 'ok', postgres: 'ok', schema: 'ok' }],
  ['a newer schema', fine, databaseOf('999'), { schema: 'ok' }],
  ['an older schema', fine, databaseOf('1'), { postgres: 'ok', schema: expect.stringMatching(/got 1$/) }],
  ['no migration yet', fine, databaseOf(null), { schema: expect.stringMatching(/npm run migrate; got 0$/) }],
  [
    'an evicting Redis',
    redisOf('ready', 'allkeys-lru'),
    current,
    { redis: expect.stringMatching(/got allkeys-lru$/) },
  ],
  ['no Redis', redisOf('reconnecting', 'noeviction'), current, { redis: 'cannot be reached' }],
])('%s', async (_what, redis, database, checks) => {
  const readiness = await checkReadiness(redis, database)
  expect(readiness.checks).toMatchObject(checks)
  expect(readiness.ready).toBe(Object.values(readiness.checks).every((check) => check === 'ok'))
})

test('a Redis that refuses and a Postgres that is away', async () => {
  const redis = { status: 'ready', ping: () => Promise.reject(new Error('NOAUTH')), info: async () => '' }
  const database = { run: () => Promise.reject(new DatabaseUnavailableError('gone')) }
  const readiness = await checkReadiness(redis as unknown as Redis, database as unknown as Database)
  expect(readiness).toEqual({
    ready: false,
    checks: {
      redis: 'does not answer',
      postgres: 'cannot be reached',
      schema: 'unknown while postgres cannot be asked',
    },
  })
})

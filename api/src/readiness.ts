import type { Readiness } from '@flash-sale/shared/contract/readiness.ts'
import { withDeadline } from '@flash-sale/shared/deadline.ts'
import { schemaVersion } from '@flash-sale/shared/migrate.ts'
import { type Database, DatabaseUnavailableError } from '@flash-sale/shared/postgres.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import postgres from 'postgres'

const checkDeadlineMs = 1_500

const unreachable = 'cannot be reached'

/** Redis answers, and never drops a job to make room. */
const checkRedis = async (redis: Redis): Promise<string> => {
  if (redis.status !== 'ready') return unreachable
  try {
    const [, memory] = await withDeadline(
      'asking redis',
      checkDeadlineMs,
      Promise.all([redis.ping(), redis.info('memory')]),
    )
    const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1]
    return policy === 'noeviction' ? 'ok' : `expected maxmemory-policy noeviction, got ${policy ?? 'none'}`
  } catch {
    return 'does not answer'
  }
}

const undefinedTable = '42P01'

/** Postgres answers, and has at least the schema that this code was written for. */
const checkPostgres = async (database: Database): Promise<{ postgres: string; schema: string }> => {
  const needed = `expected version ${schemaVersion} or newer: run npm run migrate; got`
  try {
    const [row] = await database.run(
      'reading the schema version',
      (sql) => sql<{ version: string | null }[]>`SELECT max(version)::text AS version FROM schema_version`,
    )
    const version = Number(row?.version ?? 0)
    return { postgres: 'ok', schema: version >= schemaVersion ? 'ok' : `${needed} ${version}` }
  } catch (error) {
    if (error instanceof postgres.PostgresError && error.code === undefinedTable) {
      return { postgres: 'ok', schema: `${needed} none` }
    }
    const reason = error instanceof DatabaseUnavailableError ? unreachable : 'refuses to answer'
    return { postgres: reason, schema: 'unknown while postgres cannot be asked' }
  }
}

/**
 * Whether everything that a purchase needs is in place. Never throws, and answers within 1.5 s or the deadline of
 * `database`, whichever is longer.
 */
export const checkReadiness = async (redis: Redis, database: Database): Promise<Readiness> => {
  const [redisCheck, postgresChecks] = await Promise.all([checkRedis(redis), checkPostgres(database)])
  const checks = { redis: redisCheck, ...postgresChecks }
  return { ready: Object.values(checks).every((check) => check === 'ok'), checks }
}

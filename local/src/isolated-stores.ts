import { randomBytes } from 'node:crypto'
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { afterAll, beforeAll, inject } from 'vitest'
import { childrenOf } from './child-processes.ts'
import { findLeaks } from './leaks.ts'

/** The part of the stores that belongs to one test file. */
export interface IsolatedStores {
  /** An own database with the newest schema and no rows. */
  readonly databaseUrl: string
  readonly redisUrl: string
  /** Put before every Redis key and every connection name, as in `t1f00ba4:`. */
  readonly keyPrefix: string
}

const leakPatienceMs = 5_000

const withDatabase = (url: string, database: string): string => {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}

const deleteKeys = async (redis: Redis, pattern: string): Promise<void> => {
  let cursor = '0'
  do {
    const [next, keys] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', 1_000)
    if (keys.length > 0) await redis.unlink(...keys)
    cursor = next
  } while (cursor !== '0')
}

/**
 * Gives the calling test file a database and a key prefix of its own, so that files may run at the same time.
 * Call it once, at the top of the file: its clean-up then runs after all others, and FAILS the file when that has
 * left connections, Redis clients, leases or child processes behind.
 */
export const isolatedStores = (): IsolatedStores => {
  const id = `t${randomBytes(4).toString('hex')}`
  const keyPrefix = `${id}:`
  const templateUrl = inject('templateDatabaseUrl')
  const redisUrl = inject('redisUrl')
  const template = new URL(templateUrl).pathname.slice(1)

  const sql = postgres(withDatabase(templateUrl, 'postgres'), { max: 1, onnotice: () => undefined })
  const redis = new Redis(redisUrl, { lazyConnect: true, connectionName: 'isolated-stores' })
  let childrenBefore: ReadonlySet<number> = new Set()

  beforeAll(async () => {
    await redis.connect()
    await sql`CREATE DATABASE ${sql(id)} TEMPLATE ${sql(template)}`
    childrenBefore = new Set((await childrenOf(process.pid)).map((child) => child.pid))
  })

  afterAll(async () => {
    const leaks = await findLeaks({ sql, database: id, redis, keyPrefix, childrenBefore }, leakPatienceMs)
    await sql`DROP DATABASE IF EXISTS ${sql(id)} WITH (FORCE)`
    await sql.end({ timeout: 5 })
    await deleteKeys(redis, `${keyPrefix}*`)
    // Siblings of a lock carry its name in braces, which makes them share its cluster slot.
    await deleteKeys(redis, `{${keyPrefix}*`)
    redis.disconnect()
    if (leaks.length > 0) throw new Error(`This test file has left open:\n  ${leaks.join('\n  ')}`)
  })

  return { databaseUrl: withDatabase(templateUrl, id), redisUrl, keyPrefix }
}

import { setTimeout as delay } from 'node:timers/promises'
import { withDeadline } from '../deadline.ts'
import { createLogger } from '../logger.ts'
import { type Database, openDatabase } from '../postgres.ts'
import { closeRedis, openCommandRedis, type Redis } from '../redis.ts'

/** Why an engine could not be verified, in a sentence for a person. */
export class CouldNotVerify extends Error {
  override name = 'CouldNotVerify'
}

export interface OpenStoresOptions {
  databaseUrl: string
  redisUrl: string
  keyPrefix: string
}

/** The stores of an engine, reached and ready to be asked. */
export interface OpenStores {
  database: Database
  redis: Redis
  close(): Promise<void>
}

const reachMs = 2_000
/** Counting many millions of purchases takes its time, and holds nobody up: it only reads. */
const countingMs = 10 * 60_000

/** Without the password. */
const placeOf = (url: string): string => {
  const { hostname, port, pathname } = new URL(url)
  return `${hostname}${port === '' ? '' : `:${port}`}${pathname.length > 1 ? pathname : ''}`
}

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  // What was tried is said already; why it failed is what is left to say.
  return error.cause instanceof Error ? error.cause.message : error.message || error.name
}

const cannotBeAsked = (store: string, variable: string, url: string, reason: string): CouldNotVerify =>
  new CouldNotVerify(
    `${store} at ${placeOf(url)} cannot be asked: ${reason}. Start it, or set ${variable} to where it is.`,
  )

const reachRedis = async (redis: Redis, url: string): Promise<void> => {
  let reason = `no answer within ${reachMs / 1000} s`
  redis.on('error', (error) => {
    reason = reasonOf(error)
  })
  const deadlineAtMs = Date.now() + reachMs
  while (Date.now() < deadlineAtMs) {
    const answered = redis.status === 'ready' && (await redis.ping().catch(() => undefined))
    if (answered) return
    await delay(25)
  }
  throw cannotBeAsked('Redis', 'REDIS_URL', url, reason)
}

const reachPostgres = async (database: Database, url: string): Promise<void> => {
  try {
    const asked = database.run('reaching Postgres', (sql) => sql`SELECT FROM schema_version`)
    await withDeadline('reaching Postgres', reachMs, asked)
  } catch (error) {
    throw cannotBeAsked('Postgres', 'DATABASE_URL', url, reasonOf(error))
  }
}

/** @throws {CouldNotVerify} naming the store that cannot be asked; nothing is left open then. */
export const openStores = async (options: OpenStoresOptions): Promise<OpenStores> => {
  const { databaseUrl, redisUrl, keyPrefix } = options
  // What goes wrong is said in one sentence, by whoever called.
  const logger = createLogger('verify', 'silent')
  const database = openDatabase({
    url: databaseUrl,
    name: 'flash-sale verify',
    connectionsMax: 1,
    deadlineMs: countingMs,
    statementMs: countingMs,
  })
  const redis = openCommandRedis({ url: redisUrl, keyPrefix, logger }, 'verify')
  const close = async (): Promise<void> => {
    await Promise.all([database.close(1_000), closeRedis(redis)])
  }
  try {
    await Promise.all([reachPostgres(database, databaseUrl), reachRedis(redis, redisUrl)])
    return { database, redis, close }
  } catch (error) {
    await close()
    throw error
  }
}

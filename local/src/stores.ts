import { join } from 'node:path'
import { cacheDirectory, searchPath } from './config.ts'
import { startPostgres } from './embedded-postgres.ts'
import { startRedis } from './embedded-redis.ts'
import { acceptsConnections } from './free-port.ts'
import { ensureRedisBinary } from './redis-binary.ts'
import { StartError } from './start-error.ts'
import type { Store } from './store-process.ts'

export type StoreName = 'Postgres' | 'Redis'

/** The stores of an engine: given to us or started by us. */
export interface Stores {
  databaseUrl: string
  redisUrl: string
  /** Those that were started here. */
  embedded: StoreName[]
  /** Resolves when one of those is gone, as in `Redis ended with signal SIGKILL`; never, when there are none. */
  died: Promise<string>
  /** Ends those; resolves when they are gone. */
  stop(): Promise<void>
}

export interface StoresOptions {
  /** Used instead of an embedded Postgres. */
  databaseUrl: string | undefined
  /** Used instead of an embedded Redis. */
  redisUrl: string | undefined
  dataDirectory: string
  onProgress: (line: string) => void
}

const reachMs = 5_000

const requireReachable = async (variable: string, url: string, portDefault: number): Promise<void> => {
  const { hostname, port } = new URL(url)
  const at = { host: hostname.replace(/^\[|\]$/g, '') || 'localhost', port: Number(port || portDefault) }
  if (await acceptsConnections(at.host, at.port, reachMs)) return
  throw new StartError(
    `${variable}: expected a server at ${at.host}:${at.port}, nothing answers there. Start it, or unset ${variable} to use an embedded one.`,
  )
}

const postgresFor = async (options: StoresOptions): Promise<Store | undefined> => {
  if (options.databaseUrl === undefined)
    return startPostgres({ directory: join(options.dataDirectory, 'postgres'), durable: true })
  await requireReachable('DATABASE_URL', options.databaseUrl, 5_432)
  return undefined
}

const redisFor = async (options: StoresOptions): Promise<Store | undefined> => {
  if (options.redisUrl === undefined) {
    const { onProgress } = options
    const binary = await ensureRedisBinary({ searchPath: searchPath(), cacheDirectory, onProgress })
    return startRedis({ directory: join(options.dataDirectory, 'redis'), durable: true, binary })
  }
  await requireReachable('REDIS_URL', options.redisUrl, 6_379)
  return undefined
}

/**
 * Starts the stores that are not given, at the same time, and checks that the given ones are there.
 * @throws {StartError} when one is not to be had; none is left running then.
 */
export const startStores = async (options: StoresOptions): Promise<Stores> => {
  const results = await Promise.allSettled([postgresFor(options), redisFor(options)])
  const [postgres, redis] = results.map((result) =>
    result.status === 'fulfilled' ? result.value : undefined,
  )
  const embedded = [
    ...(postgres ? [{ name: 'Postgres' as const, store: postgres }] : []),
    ...(redis ? [{ name: 'Redis' as const, store: redis }] : []),
  ]
  const stop = async (): Promise<void> => {
    await Promise.all(embedded.map(({ store }) => store.stop()))
  }
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) {
    await stop()
    throw failed.reason
  }
  return {
    databaseUrl: postgres?.url ?? options.databaseUrl ?? '',
    redisUrl: redis?.url ?? options.redisUrl ?? '',
    embedded: embedded.map(({ name }) => name),
    died: Promise.race(embedded.map(async ({ name, store }) => `${name} ended with ${await store.exited}`)),
    stop,
  }
}

import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheDirectory, searchPath } from '../../local/src/config.ts'
import { startPostgres } from '../../local/src/embedded-postgres.ts'
import { startRedis } from '../../local/src/embedded-redis.ts'
import { ensureRedisBinary } from '../../local/src/redis-binary.ts'
import { migrate } from '../../shared/src/migrate.ts'

/** Whose process trees are counted as a store's cost; none for a store that was given to us. */
export interface BenchStores {
  databaseUrl: string
  /** Redis as the engine runs it: append-only file, `appendfsync always`. */
  redisUrl: string
  /** Redis without an append-only file; undefined when the stores were given to us. */
  volatileRedisUrl: string | undefined
  pids: { postgres: number | undefined; redis: number | undefined; volatileRedis: number | undefined }
  /** Emptied and given their schema again only when they are ours to empty. */
  stop(): Promise<void>
}

export interface GivenStores {
  databaseUrl: string
  redisUrl: string
}

const embedded = async (onProgress: (line: string) => void): Promise<BenchStores> => {
  const directory = await mkdtemp(join(tmpdir(), 'flash-sale-bench-'))
  // The stores run as another user when root starts them, and have to get through.
  await chmod(directory, 0o711)
  const closers = [() => rm(directory, { recursive: true, force: true, maxRetries: 5 })]
  const stop = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close()
  }
  try {
    const binary = await ensureRedisBinary({ searchPath: searchPath(), cacheDirectory, onProgress })
    const postgres = await startPostgres({ directory: join(directory, 'postgres'), durable: true })
    closers.push(() => postgres.stop())
    const redis = await startRedis({ directory: join(directory, 'redis'), durable: true, binary })
    closers.push(() => redis.stop())
    const volatile = await startRedis({ directory: join(directory, 'volatile'), durable: false, binary })
    closers.push(() => volatile.stop())
    return {
      databaseUrl: postgres.url,
      redisUrl: redis.url,
      volatileRedisUrl: volatile.url,
      pids: { postgres: postgres.pid, redis: redis.pid, volatileRedis: volatile.pid },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/**
 * Boots Postgres (`synchronous_commit=on`) and two Redis servers on free ports, or takes what is given, and brings the
 * schema up to date. A given database is emptied by the measures: it must be one that nobody needs.
 * @throws {StartError} when a store does not come up; none is left running then.
 */
export const openStores = async (
  given: GivenStores | undefined,
  onProgress: (line: string) => void,
): Promise<BenchStores> => {
  const stores: BenchStores = given
    ? {
        ...given,
        volatileRedisUrl: undefined,
        pids: { postgres: undefined, redis: undefined, volatileRedis: undefined },
        stop: async () => undefined,
      }
    : await embedded(onProgress)
  try {
    await migrate(stores.databaseUrl)
    return stores
  } catch (error) {
    await stores.stop()
    throw error
  }
}

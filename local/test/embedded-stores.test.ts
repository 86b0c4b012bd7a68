import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cacheDirectory, searchPath } from '../src/config.ts'
import { startPostgres } from '../src/embedded-postgres.ts'
import { startRedis } from '../src/embedded-redis.ts'
import { ensureRedisBinary } from '../src/redis-binary.ts'
import type { Store } from '../src/store-process.ts'

let directory: string
let running: Store[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'embedded-stores-'))
  running = []
})
afterEach(async () => {
  await Promise.all(running.map((store) => store.stop()))
  await rm(directory, { recursive: true, force: true })
})

const crash = async (store: Store): Promise<void> => {
  process.kill(store.pid, 'SIGKILL')
  expect(await store.exited).toBe('signal SIGKILL')
}

describe('Postgres', () => {
  const start = async (durable = true): Promise<Store> => {
    const store = await startPostgres({ directory, durable })
    running.push(store)
    return store
  }
  const query = async <T>(store: Store, run: (sql: postgres.Sql) => Promise<T>): Promise<T> => {
    const sql = postgres(store.url, { max: 1 })
    return run(sql).finally(() => sql.end())
  }

  test('keeps what it committed through a crash, and starts over what the crash left behind', async () => {
    const first = await start()
    await query(first, (sql) => sql`CREATE TABLE kept AS SELECT 42 AS value`)
    await crash(first)
    const second = await start()
    expect(await query(second, (sql) => sql`SELECT value FROM kept`)).toEqual([{ value: 42 }])
    await second.stop()
    expect(await second.exited).toBe('exit code 0')
  })

  test('listens on loopback only, with a password, and flushes', async () => {
    const store = await start()
    const rows = await query(
      store,
      (sql) => sql`
      SELECT name, setting FROM pg_settings
       WHERE name IN ('listen_addresses', 'unix_socket_directories', 'fsync', 'synchronous_commit') ORDER BY name`,
    )
    expect(rows.map((row) => [row.name, row.setting])).toEqual([
      ['fsync', 'on'],
      ['listen_addresses', '127.0.0.1'],
      ['synchronous_commit', 'on'],
      ['unix_socket_directories', ''],
    ])
    const wrong = new URL(store.url)
    wrong.password = 'wrong'
    const sql = postgres(wrong.href, { max: 1 })
    await expect(sql`SELECT 1`).rejects.toThrow(/password authentication failed/)
    await sql.end()
    expect((await stat(join(directory, 'password'))).mode & 0o777).toBe(0o600)
  })

  test('that cannot start says why, with the end of its log', async () => {
    await mkdir(join(directory, 'cluster'))
    await writeFile(join(directory, 'cluster', 'PG_VERSION'), '9.6\n')
    await expect(start()).rejects.toThrow(/^Expected the password/)
    await writeFile(join(directory, 'password'), 'secret')
    await expect(start()).rejects.toThrow(/^Postgres did not start: it ended with exit code \d.*\n.+/s)
  })
})

describe('Redis', () => {
  const start = async (): Promise<Store> => {
    const binary = await ensureRedisBinary({
      searchPath: searchPath(),
      cacheDirectory,
      onProgress: () => undefined,
    })
    const store = await startRedis({ directory, durable: true, binary })
    running.push(store)
    return store
  }

  test('keeps what it acknowledged through a crash, under a new password', async () => {
    const first = await start()
    const before = new Redis(first.url, { retryStrategy: () => null })
    await before.set('kept', '42')
    await crash(first)
    before.disconnect()

    const second = await start()
    const after = new Redis(second.url)
    expect(await after.get('kept')).toBe('42')
    expect(await after.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction'])
    expect(await after.config('GET', 'appendfsync')).toEqual(['appendfsync', 'always'])
    after.disconnect()
    expect(new URL(second.url).password).not.toBe(new URL(first.url).password)
  })
})

/** Vitest's global set-up: one Postgres and one Redis for all test files; `isolatedStores` gives each its own part. */
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '@flash-sale/shared/migrate.ts'
import type { TestProject } from 'vitest/node'
import { ensureChromium, type FoundChromium } from './chromium.ts'
import { cacheDirectory, chromiumPath, mayInstallChromium, searchPath } from './config.ts'
import { startPostgres } from './embedded-postgres.ts'
import { startRedis } from './embedded-redis.ts'
import { ensureRedisBinary } from './redis-binary.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A migrated database that nobody connects to: test files get copies of it. */
    templateDatabaseUrl: string
    redisUrl: string
    /** For `browserOfFile`. */
    chromium: FoundChromium
  }
}

const directoryPrefix = 'flash-sale-test-'

/** Directories of test runs that were killed before they could clean up. */
const removeAbandoned = async (): Promise<void> => {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(directoryPrefix))
  const abandoned = names.filter(
    (name) => !existsSync(`/proc/${name.slice(directoryPrefix.length).split('-')[0]}`),
  )
  const removals = abandoned.map((name) => rm(join(tmpdir(), name), { recursive: true, force: true }))
  await Promise.allSettled(removals)
}

/** Not having one skips the tests that need it, so it has to be said. */
const chromiumForTests = async (onProgress: (line: string) => void): Promise<FoundChromium> => {
  const [given, mayInstall] = [chromiumPath(), mayInstallChromium()]
  const chromium = await ensureChromium({ searchPath: searchPath(), given, mayInstall, onProgress })
  if (!chromium.ok) onProgress(`Browser tests are SKIPPED: ${chromium.reason}`)
  return chromium
}

/** Boots the stores and hands their URLs to the test files. @returns how to stop them. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  await removeAbandoned()
  const directory = await mkdtemp(join(tmpdir(), `${directoryPrefix}${process.pid}-`))
  const onProgress = (line: string) => void process.stderr.write(`${line}\n`)
  const chromium = chromiumForTests(onProgress)
  const binary = await ensureRedisBinary({ searchPath: searchPath(), cacheDirectory, onProgress })
  const [postgres, redis] = await Promise.all([
    startPostgres({ directory: join(directory, 'postgres'), durable: false }),
    startRedis({ directory: join(directory, 'redis'), durable: false, binary }),
  ])
  const stop = async () => {
    await Promise.all([postgres.stop(), redis.stop()])
    await rm(directory, { recursive: true, force: true })
  }
  try {
    await migrate(postgres.url)
  } catch (error) {
    await stop()
    throw error
  }
  project.provide('templateDatabaseUrl', postgres.url)
  project.provide('redisUrl', redis.url)
  project.provide('chromium', await chromium)
  return stop
}

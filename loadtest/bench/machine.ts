import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { projectRoot } from '../../local/src/config.ts'

/** On what, with which versions and settings the figures came about. */
export interface Machine {
  at: string
  cores: number
  processor: string
  memoryGb: number
  system: string
  versions: Record<string, string>
  settings: Record<string, string>
}

const packages = ['bullmq', 'ioredis', 'express', 'postgres', 'undici']
const postgresSettings = [
  'synchronous_commit',
  'fsync',
  'full_page_writes',
  'shared_buffers',
  'max_connections',
]
const redisSettings = ['appendonly', 'appendfsync', 'save', 'maxmemory-policy']

const versionOf = (name: string): string => {
  const manifest: unknown = JSON.parse(
    readFileSync(`${projectRoot}/node_modules/${name}/package.json`, 'utf8'),
  )
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown'
}

/** Asks the machine and the stores. */
export const describeMachine = async (stores: {
  databaseUrl: string
  redisUrl: string
}): Promise<Machine> => {
  const sql = postgres(stores.databaseUrl, { max: 1 })
  const redis = new Redis(stores.redisUrl)
  try {
    const versions: Record<string, string> = { node: process.version }
    for (const name of packages) versions[name] = versionOf(name)
    const settings: Record<string, string> = {}
    const rows = await sql<{ name: string; setting: string }[]>`
      SELECT name, current_setting(name) AS setting FROM pg_settings WHERE name = ANY(${postgresSettings})`
    for (const { name, setting } of rows) settings[`postgres ${name}`] = setting
    for (const name of redisSettings)
      settings[`redis ${name}`] = (await redis.config('GET', name)).at(1) ?? ''
    versions.postgres_server =
      (await sql<{ v: string }[]>`SELECT current_setting('server_version') AS v`)[0]?.v ?? ''
    versions.redis_server = /redis_version:(\S+)/.exec(await redis.info('server'))?.[1] ?? ''
    return {
      at: new Date().toISOString(),
      cores: availableParallelism(),
      processor: cpus()[0]?.model.trim() ?? 'unknown',
      memoryGb: Math.round(totalmem() / 1024 ** 3),
      system: `${type()} ${release()}`,
      versions,
      settings,
    }
  } finally {
    await sql.end({ timeout: 5 })
    redis.disconnect()
  }
}

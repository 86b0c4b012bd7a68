import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import postgres from 'postgres'
import { asOwner } from './drop-privileges.ts'
import { onPort } from './free-port.ts'
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts'
import { runCommand } from './run-command.ts'
import { StartError } from './start-error.ts'
import { type Owner, storeDirectory, waitUntilUnused } from './store-directory.ts'
import { type Store, startStoreProcess } from './store-process.ts'

export interface EmbeddedStoreOptions {
  /** Where the store keeps everything: data, password, log. Made when missing. */
  directory: string
  /** true: what was acknowledged survives a power cut. false: for tests, nothing is ever flushed. */
  durable: boolean
  /** Of 127.0.0.1; default: a free one. */
  port?: number | undefined
}

const user = 'flash_sale'
const database = 'flash_sale'
const connectionsMax = 200
const timeouts = { initMs: 60_000, unusedMs: 15_000, readyMs: 60_000, stopMs: 10_000 }

const settings = (port: number, durable: boolean): string[] => {
  const flush = durable ? 'on' : 'off'
  const values = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: connectionsMax,
    fsync: flush,
    synchronous_commit: flush,
    full_page_writes: flush,
    timezone: 'UTC',
    log_timezone: 'UTC',
  }
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

/** Makes the data directory. Under another name until it is whole: an interrupted start leaves none that is half made. */
const initCluster = async (
  binaries: PostgresBinaries,
  owner: Owner,
  cluster: string,
  passwordFile: string,
  durable: boolean,
): Promise<void> => {
  const unfinished = `${cluster}.unfinished`
  await rm(unfinished, { recursive: true, force: true })
  await writeFile(passwordFile, randomBytes(24).toString('hex'), { mode: 0o600 })
  const args = [
    ...['--pgdata', unfinished, '--username', user, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
    ...['--encoding', 'UTF8', '--locale', 'C', '--no-instructions'],
    ...(durable ? [] : ['--no-sync']),
  ]
  const { command, args: all } = asOwner(owner, 'KILL', { command: binaries.initdb, args })
  const result = await runCommand(command, all, { timeoutMs: timeouts.initMs })
  if (!result.ok) throw new StartError(`Postgres' initdb failed:\n${result.errors}`)
  await rename(unfinished, cluster)
}

/** Postgres writes its state into the eighth line of this file; `pg_ctl` waits the same way. */
const isReady = async (cluster: string, pid: number): Promise<boolean> => {
  const lines = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  return lines[0] === String(pid) && lines[7]?.trim() === 'ready'
}

const createDatabase = async (url: string): Promise<void> => {
  const maintenance = new URL(url)
  maintenance.pathname = '/postgres'
  const sql = postgres(maintenance.href, { max: 1, connect_timeout: 10, onnotice: () => undefined })
  try {
    const [found] = await sql`SELECT 1 FROM pg_database WHERE datname = ${database}`
    if (!found) await sql`CREATE DATABASE ${sql(database)}`
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/**
 * Starts the Postgres of the npm package on 127.0.0.1, with its own password and an empty database, or with what an earlier start left in `directory`.
 * @throws {StartError} when it does not come up; nothing is left running then.
 */
export const startPostgres = async (options: EmbeddedStoreOptions): Promise<Store> => {
  const { directory, durable } = options
  const binaries = postgresBinaries()
  const owner = await storeDirectory(directory)
  const cluster = join(directory, 'cluster')
  const passwordFile = join(directory, 'password')
  if (existsSync(cluster)) await waitUntilUnused(cluster, timeouts.unusedMs)
  else await initCluster(binaries, owner, cluster, passwordFile, durable)
  const password = await readFile(passwordFile, 'utf8').catch((error: Error) => {
    throw new StartError(
      `Expected the password of the data in ${cluster} beside it: ${error.message}. Start with --fresh to begin anew.`,
    )
  })

  const store = await onPort(options.port, async (port) => {
    const args = ['-D', cluster, ...settings(port, durable)]
    const started = await startStoreProcess({
      name: 'Postgres',
      command: asOwner(owner, 'INT', { command: binaries.postgres, args }),
      logFile: join(directory, 'log'),
      isReady: (pid) => isReady(cluster, pid),
      readyTimeoutMs: timeouts.readyMs,
      stopSignal: 'SIGINT',
      stopTimeoutMs: timeouts.stopMs,
    })
    return { ...started, port, url: `postgres://${user}:${password}@127.0.0.1:${port}/${database}` }
  })
  try {
    await createDatabase(store.url)
  } catch (error) {
    await store.stop()
    throw new StartError(`Postgres started but refused our connection: ${(error as Error).message}`)
  }
  return store
}

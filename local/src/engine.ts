import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { adminEntryOf } from '@flash-sale/shared/admin-entry.ts'
import { bareEnvironment } from './config.ts'
import { freePort } from './free-port.ts'
import { type Service, startService } from './service.ts'
import { StartError } from './start-error.ts'

/** An operator of the engine. */
export interface AdminCredentials {
  name: string
  token: string
}

export interface EngineOptions {
  databaseUrl: string
  redisUrl: string
  /** Put before every Redis key; default: none. */
  keyPrefix?: string
  /** Worker processes; default 1. */
  workers?: number
  /** Of the api; default: a free one. */
  port?: number
  /** Default: made up. */
  admin?: AdminCredentials
  /** More variables for the api and the workers, as in `{ BATCH_MAX: '1' }`. */
  env?: Readonly<Record<string, string>>
  /** What `env` is added to; default: what says nothing about the engine. */
  baseEnvironment?: NodeJS.ProcessEnv
  /** Where the processes run, and where they look for a `.env`; default: a place that has none. */
  workingDirectory?: string
  log?: 'inherit' | 'capture'
  watch?: boolean
  /** Whether to wait until the api says that it reaches its stores; default true. */
  awaitStores?: boolean
  /** Ends a start that nobody wants any more. */
  signal?: AbortSignal
}

/** An api and its workers, as processes. The stores are not part of it. */
export interface Engine {
  url: string
  admin: AdminCredentials
  api: Service
  workers: Service[]
  /** Of the api and the workers. */
  pids: number[]
  /** Resolves when one of them is gone, whatever the reason: `worker-1 ended with signal SIGKILL`. */
  died: Promise<string>
  /** Resolves when all are gone. */
  stop(): Promise<void>
  /** Ends all at once, without a chance to close. */
  kill(): void
}

const timeouts = { readyMs: 30_000, stopMs: 10_000 }

/** @throws {StartError} with what `/readyz` says, when that is not 200 in time. */
const awaitReadyz = async (url: string, signal: AbortSignal | undefined): Promise<void> => {
  const deadline = Date.now() + timeouts.readyMs
  for (;;) {
    const answer = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) }).catch(
      (error: Error) => error,
    )
    if (answer instanceof Response && answer.ok) return void (await answer.text())
    const reason = answer instanceof Response ? await answer.text() : answer.message
    if (Date.now() >= deadline || signal?.aborted) {
      throw new StartError(
        `The api was not ready within ${timeouts.readyMs / 1000} s. /readyz says: ${reason}`,
      )
    }
    await sleep(25)
  }
}

/** Those who are configured stay admins beside ours. */
const adminTokensOf = ({ name, token }: AdminCredentials, configured = ''): string =>
  [configured.trim(), adminEntryOf(name, 'operator', token)].filter((entry) => entry !== '').join(',')

const testAdmin: AdminCredentials = { name: 'local', token: 'only-for-tests-of-the-engine' }

/**
 * Starts a real api and real workers on stores that run already and have the newest schema.
 * @throws {StartError} when one of them does not become ready; none is left running then.
 */
export const startEngine = async (options: EngineOptions): Promise<Engine> => {
  const port = options.port ?? (await freePort())
  const admin = options.admin ?? testAdmin
  const environment = {
    ...(options.baseEnvironment ?? { ...bareEnvironment(), NODE_ENV: 'test' }),
    DATABASE_URL: options.databaseUrl,
    REDIS_URL: options.redisUrl,
    ...(options.keyPrefix === undefined ? {} : { KEY_PREFIX: options.keyPrefix }),
    ADMIN_TOKENS: adminTokensOf(admin, options.baseEnvironment?.ADMIN_TOKENS),
    DEMO_STRATEGIES: 'true',
    ...options.env,
  }
  const start = (name: string, entry: string, own: Record<string, string>): Promise<Service> =>
    startService({
      name,
      entry,
      environment: { ...environment, ...own },
      workingDirectory: options.workingDirectory ?? tmpdir(),
      log: options.log ?? 'capture',
      watch: options.watch ?? false,
      readyTimeoutMs: timeouts.readyMs,
      signal: options.signal,
    })

  const names = Array.from({ length: options.workers ?? 1 }, (_, index) => `worker-${index + 1}`)
  const results = await Promise.allSettled([
    start('api', 'api/src/main.ts', { PORT: String(port) }),
    ...names.map((name) => start(name, 'worker/src/main.ts', { WORKER_NAME: name })),
  ])
  const services = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failed = results.find((result) => result.status === 'rejected')
  const stop = async (): Promise<void> => {
    await Promise.all(services.map((service) => service.stop(timeouts.stopMs)))
  }
  const died = Promise.race(services.map(async ({ name, exited }) => `${name} ended with ${await exited}`))
  const url = `http://localhost:${port}`
  const [api, ...workers] = services
  try {
    if (failed !== undefined || api === undefined) throw failed?.reason
    const dead = died.then((how) => Promise.reject(new StartError(`${how}.`)))
    if (options.awaitStores ?? true) await Promise.race([awaitReadyz(url, options.signal), dead])
    else dead.catch(() => undefined)
  } catch (error) {
    await stop()
    throw error
  }

  return {
    url,
    admin,
    api,
    workers,
    pids: services.map((service) => service.pid),
    died,
    stop,
    kill: () => {
      for (const service of services) service.kill('SIGKILL')
    },
  }
}

/** The contenders that answer HTTP, each as processes of its own. */
import { tmpdir } from 'node:os'
import { bareEnvironment } from '../../../local/src/config.ts'
import { startEngine } from '../../../local/src/engine.ts'
import { freePort } from '../../../local/src/free-port.ts'
import { startService } from '../../../local/src/service.ts'

export interface StoreUrls {
  databaseUrl: string
  redisUrl: string
}

/** A contender that serves `POST /purchases`. */
export interface Serving {
  origin: string
  /** Of the process that answers. */
  apiPid: number
  workerPids: number[]
  /** Of an operator, where there are any. */
  adminToken?: string
  /** Of `countSettled`, whose number is this contender's. */
  counts: 'engine' | 'others'
  stop(): Promise<void>
}

export interface HttpContender {
  name: string
  /** Purchases sent to warm it up, and at most in a measure; the slow ones would not come to an end otherwise. */
  warmUpRequests: number
  requestsMax?: number
  start(stores: StoreUrls): Promise<Serving>
}

const alone =
  (entry: string, env: Record<string, string>): HttpContender['start'] =>
  async (stores) => {
    const port = await freePort()
    const service = await startService({
      name: entry,
      entry: `loadtest/bench/contenders/${entry}.ts`,
      environment: {
        ...bareEnvironment(),
        NODE_ENV: 'production',
        DATABASE_URL: stores.databaseUrl,
        REDIS_URL: stores.redisUrl,
        PORT: String(port),
        ...env,
      },
      workingDirectory: tmpdir(),
      log: 'capture',
      watch: false,
      readyTimeoutMs: 30_000,
    })
    return {
      origin: `http://127.0.0.1:${port}`,
      apiPid: service.pid,
      workerPids: [],
      counts: 'others',
      stop: () => service.stop(10_000),
    }
  }

/** One api and one worker with their default settings, unless `env` says otherwise. */
export const startEngineContender = async (
  stores: StoreUrls,
  env: Readonly<Record<string, string>> = {},
  workers = 1,
): Promise<Serving> => {
  const engine = await startEngine({ ...stores, workers, env: { HOST: '127.0.0.1', ...env } })
  return {
    origin: engine.url.replace('localhost', '127.0.0.1'),
    apiPid: engine.api.pid,
    workerPids: engine.workers.map((worker) => worker.pid),
    adminToken: engine.admin.token,
    counts: 'engine',
    stop: () => engine.stop(),
  }
}

/** Several apis and one worker. @throws when one does not start; none is left running then. */
export const startApis = async (stores: StoreUrls, count: number): Promise<Serving[]> => {
  const starts = Array.from({ length: count }, (_, index) =>
    startEngineContender(stores, {}, index === 0 ? 1 : 0),
  )
  const results = await Promise.allSettled(starts)
  const serving = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed === undefined) return serving
  await Promise.all(serving.map((each) => each.stop()))
  throw failed.reason
}

export const engine: HttpContender = { name: 'engine', warmUpRequests: 4_000, start: startEngineContender }

/** Contender c: the engine without its batches. */
export const jobPerLock: HttpContender = {
  name: 'job-per-lock',
  warmUpRequests: 200,
  requestsMax: 1_000,
  start: (stores) => startEngineContender(stores, { BATCH_MAX: '1' }),
}

/** Contender a. */
export const lockPerRequest: HttpContender = {
  name: 'lock-per-request',
  warmUpRequests: 200,
  requestsMax: 1_000,
  start: alone('lock-per-request', {}),
}

/** Contender b, with a pool of so many connections. */
export const sqlPerRequest = (poolMax: number): HttpContender => ({
  name: `sql-per-request, pool ${poolMax}`,
  warmUpRequests: 4_000,
  start: alone('sql-per-request', { POOL_MAX: String(poolMax) }),
})

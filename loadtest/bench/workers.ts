import { tmpdir } from 'node:os'
import { bareEnvironment } from '../../local/src/config.ts'
import { type Service, startService } from '../../local/src/service.ts'

/** Who drains the queue. */
export type Drainer = 'engine' | 'job-per-lock' | 'noop'

const entries: Record<Drainer, string> = {
  engine: 'worker/src/main.ts',
  'job-per-lock': 'worker/src/main.ts',
  noop: 'loadtest/bench/contenders/noop-worker.ts',
}

export interface WorkersOptions {
  drainer: Drainer
  count: number
  databaseUrl: string
  redisUrl: string
  /** More variables, as in `{ BATCH_MAX: '250' }`. */
  env?: Readonly<Record<string, string>> | undefined
}

/** Starts worker processes without an api. @throws {StartError}; none is left running then. */
export const startWorkers = async (options: WorkersOptions): Promise<Service[]> => {
  const results = await Promise.allSettled(
    Array.from({ length: options.count }, (_, index) =>
      startService({
        name: `${options.drainer} ${index + 1}`,
        entry: entries[options.drainer],
        environment: {
          ...bareEnvironment(),
          NODE_ENV: 'test',
          DATABASE_URL: options.databaseUrl,
          REDIS_URL: options.redisUrl,
          WORKER_NAME: `worker-${index + 1}`,
          ...(options.drainer === 'job-per-lock' ? { BATCH_MAX: '1' } : {}),
          ...options.env,
        },
        workingDirectory: tmpdir(),
        log: 'capture',
        watch: false,
        readyTimeoutMs: 30_000,
      }),
    ),
  )
  const services = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) {
    await stopServices(services)
    throw failed.reason
  }
  return services
}

/** SIGTERM, after `timeoutMs` SIGKILL. Resolves when all are gone. */
export const stopServices = async (services: readonly Service[], timeoutMs = 10_000): Promise<void> => {
  await Promise.all(services.map((service) => service.stop(timeoutMs)))
}

import { hostname } from 'node:os'
import { loadDotEnv } from '@flash-sale/shared/config/dot-env.ts'
import { flag, readConfig, text, wholeNumber } from '@flash-sale/shared/config/readers.ts'
import { storeSecretProblems, storesConfig } from '@flash-sale/shared/config/stores-config.ts'
import { z } from 'zod'

const schema = z
  .object({
    ...storesConfig,
    WORKER_NAME: text({
      max: 60,
      fallback: `${hostname().slice(0, 40)}-${process.pid}`,
      pattern: /^[\w.-]+$/,
      expected: 'up to 60 letters, digits, _ . -',
    }),
    WORKER_CONCURRENCY: wholeNumber({ min: 1, max: 10_000, fallback: 2_000, unit: 'jobs' }),
    BATCH_MAX: wholeNumber({ min: 1, max: 5_000, fallback: 500, unit: 'purchases' }),
    LOCK_LEASE_MS: wholeNumber({ min: 1_000, max: 20_000, fallback: 2_000, unit: 'milliseconds' }),
    LOCK_WAIT_MS: wholeNumber({ min: 100, max: 600_000, fallback: 10_000, unit: 'milliseconds' }),
    DATABASE_POOL_MAX: wholeNumber({ min: 1, max: 50, fallback: 4, unit: 'connections' }),
    DEMO_STRATEGIES: flag(false),
    RECONCILE_EVERY_MS: wholeNumber({ min: 200, max: 3_600_000, fallback: 10_000, unit: 'milliseconds' }),
    RECONCILE_AFTER_MS: wholeNumber({ min: 1_000, max: 3_600_000, fallback: 30_000, unit: 'milliseconds' }),
    LIVENESS_FILE: text({ max: 300 }).optional(),
  })
  .superRefine((config, ctx) => {
    for (const problem of storeSecretProblems(config)) ctx.addIssue({ code: 'custom', ...problem })
    if (config.NODE_ENV === 'production' && config.DEMO_STRATEGIES)
      ctx.addIssue({
        code: 'custom',
        path: ['DEMO_STRATEGIES'],
        message: 'expected false in production, got true',
      })
  })

export type WorkerConfig = Readonly<z.output<typeof schema>>

/** Configuration of a worker process. @throws {ConfigError} */
export const workerConfig = (env: NodeJS.ProcessEnv = process.env): WorkerConfig => {
  loadDotEnv()
  return readConfig(schema, env)
}

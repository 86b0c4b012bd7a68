import { z } from 'zod'
import { port, readConfig, storeUrl, text, wholeNumber } from '../../../shared/src/config/readers.ts'

const schema = z.object({
  DATABASE_URL: storeUrl(['postgres:', 'postgresql:']).default('postgres://localhost'),
  REDIS_URL: storeUrl(['redis:', 'rediss:']).default('redis://localhost'),
  PORT: port(3_000),
  POOL_MAX: wholeNumber({ min: 1, max: 100, fallback: 10, unit: 'connections' }),
  WORKER_NAME: text({ max: 60, fallback: 'noop' }),
  WORKER_CONCURRENCY: wholeNumber({ min: 1, max: 10_000, fallback: 1_000, unit: 'jobs' }),
})

/** What the bench tells a contender. @throws {ConfigError} */
export const contenderConfig = (): z.output<typeof schema> => readConfig(schema, process.env)

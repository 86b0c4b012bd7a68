import { z } from 'zod'
import { loadDotEnv } from './config/dot-env.ts'
import { readConfig } from './config/readers.ts'
import { databaseSecretProblem, storesConfig } from './config/stores-config.ts'

const schema = z
  .object({
    NODE_ENV: storesConfig.NODE_ENV,
    DATABASE_URL: storesConfig.DATABASE_URL,
    LOG_LEVEL: storesConfig.LOG_LEVEL,
  })
  .superRefine((config, ctx) => {
    const problem = databaseSecretProblem(config)
    if (problem) ctx.addIssue({ code: 'custom', ...problem })
  })

/** Configuration of `npm run migrate`. @throws {ConfigError} */
export const migrateConfig = () => {
  loadDotEnv()
  return readConfig(schema, process.env)
}

/** `npm run migrate`: brings the database of `DATABASE_URL` to the newest schema, then ends. */
import { createLogger } from './logger.ts'
import { migrate, schemaVersion } from './migrate.ts'
import { migrateConfig } from './migrate-config.ts'
import { startOrExplain } from './start-or-explain.ts'

await startOrExplain('migrate', async () => {
  const config = migrateConfig()
  const logger = createLogger('migrate', config.LOG_LEVEL)
  await migrate(config.DATABASE_URL)
  logger.info({ schemaVersion }, 'the database has the newest schema')
})

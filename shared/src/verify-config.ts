import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { loadDotEnv } from './config/dot-env.ts'
import { readConfig, storeUrl, text, wholeNumber } from './config/readers.ts'
import { storesConfig } from './config/stores-config.ts'

const projectRoot = fileURLToPath(new URL('../..', import.meta.url))

const schema = z.object({
  DATABASE_URL: storeUrl(['postgres:', 'postgresql:']).optional(),
  REDIS_URL: storeUrl(['redis:', 'rediss:']).optional(),
  KEY_PREFIX: storesConfig.KEY_PREFIX,
  RECONCILE_AFTER_MS: wholeNumber({ min: 1_000, max: 3_600_000, fallback: 30_000, unit: 'milliseconds' }),
  DATA_DIR: text({ max: 4_096, fallback: '.data' }).transform((path) => resolve(projectRoot, path)),
})

/** What `npm start` writes into `DATA_DIR/engine.json` for as long as it runs. */
const engineSchema = z.object({ pid: z.int().min(1), databaseUrl: z.url(), redisUrl: z.url() })

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    // Somebody else's process: it runs, but we may not signal it.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The stores of the engine that runs on this data directory; undefined when none does, or it is not ours to read. */
const localEngine = (dataDirectory: string): z.output<typeof engineSchema> | undefined => {
  try {
    const facts = engineSchema.parse(JSON.parse(readFileSync(join(dataDirectory, 'engine.json'), 'utf8')))
    return isRunning(facts.pid) ? facts : undefined
  } catch {
    return undefined
  }
}

export interface VerifyConfig {
  databaseUrl: string
  redisUrl: string
  keyPrefix: string
  reconciledAfterMs: number
}

/**
 * Configuration of `npm run verify`: the stores that the environment names; where it leaves one out, those of the
 * engine that `npm start` runs on `DATA_DIR`, if it uses the other; else the defaults of every process.
 * @throws {ConfigError}
 */
export const verifyConfig = (env: NodeJS.ProcessEnv = process.env): VerifyConfig => {
  loadDotEnv()
  const given = readConfig(schema, env)
  const { DATABASE_URL, REDIS_URL } = given
  const engine = DATABASE_URL && REDIS_URL ? undefined : localEngine(given.DATA_DIR)
  const fits =
    engine !== undefined &&
    [undefined, engine.databaseUrl].includes(DATABASE_URL) &&
    [undefined, engine.redisUrl].includes(REDIS_URL)
  const found = fits
    ? { DATABASE_URL: engine.databaseUrl, REDIS_URL: engine.redisUrl }
    : { DATABASE_URL, REDIS_URL }
  const stores = readConfig(
    z.object({ DATABASE_URL: storesConfig.DATABASE_URL, REDIS_URL: storesConfig.REDIS_URL }),
    found,
  )
  return {
    databaseUrl: stores.DATABASE_URL,
    redisUrl: stores.REDIS_URL,
    keyPrefix: given.KEY_PREFIX,
    reconciledAfterMs: given.RECONCILE_AFTER_MS,
  }
}

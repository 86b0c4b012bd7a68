/** Configuration of the api process: the only file here that reads the environment. */
import { loadDotEnv } from '@flash-sale/shared/config/dot-env.ts'
import { flag, port, readConfig, text, wholeNumber } from '@flash-sale/shared/config/readers.ts'
import { storeSecretProblems, storesConfig } from '@flash-sale/shared/config/stores-config.ts'
import { z } from 'zod'
import { authProblems, authVariables } from './auth/auth-config.ts'
import { webProblems, webVariables } from './auth/web-config.ts'

const variables = z.object({
  ...storesConfig,
  PORT: port(3000),
  /** Loopback unless told otherwise, so that a developer's engine is not open to the network. */
  HOST: text({ max: 255, fallback: '127.0.0.1' }),
  MAX_CONNECTIONS: wholeNumber({ min: 1, max: 1_000_000, fallback: 10_000 }),
  DATABASE_POOL_MAX: wholeNumber({ min: 1, max: 50, unit: 'connections', fallback: 4 }),
  ...authVariables,
  ...webVariables,
  DEMO_STRATEGIES: flag(false),
  SOLD_OUT_FAST_PATH: flag(true),
  MAX_QUEUE_DEPTH: wholeNumber({ min: 1, max: 100_000_000, unit: 'purchases', fallback: 500_000 }),
  MAX_EVENT_LOOP_LAG_MS: wholeNumber({ min: 10, max: 60_000, unit: 'milliseconds', fallback: 250 }),
})

const schema = variables.superRefine((config, ctx) => {
  const problems = [...authProblems(config), ...webProblems(config), ...storeSecretProblems(config)]
  for (const { path, message } of problems) {
    ctx.addIssue({ code: 'custom', path, message })
  }
  if (config.NODE_ENV === 'production' && config.DEMO_STRATEGIES) {
    ctx.addIssue({
      code: 'custom',
      path: ['DEMO_STRATEGIES'],
      message: 'expected false in production (the naive strategy oversells), got true',
    })
  }
})

export type ApiConfig = Readonly<z.output<typeof schema>>

/**
 * Validates the whole configuration of the api.
 * @param env variables by name, usually those of the process.
 * @throws {ConfigError} naming every wrong variable.
 */
export const apiConfigFrom = (env: Readonly<Record<string, string | undefined>>): ApiConfig =>
  readConfig(schema, env)

/** Reads `.env`, then the environment. @throws {ConfigError} */
export const apiConfig = (): ApiConfig => {
  loadDotEnv()
  return apiConfigFrom(process.env)
}

/** The part of the configuration that api and worker share: where the stores are, how much to log. */
import { oneOf, storeUrl, text } from './readers.ts'

/** Only for a developer's machine: production refuses them (see `requireSecrets`). */
const localDatabaseUrl = 'postgres://flash_sale:flash_sale@localhost:5432/flash_sale'
const localRedisUrl = 'redis://localhost:6379'

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

export const storesConfig = {
  NODE_ENV: oneOf(['development', 'test', 'production'], 'development'),
  DATABASE_URL: storeUrl(['postgres:', 'postgresql:'], localDatabaseUrl),
  REDIS_URL: storeUrl(['redis:', 'rediss:'], localRedisUrl),
  /** Put before every Redis key, so that several engines can share a Redis; empty in most set-ups. */
  KEY_PREFIX: text({
    max: 40,
    fallback: '',
    pattern: /^[\w:-]*$/,
    expected: 'up to 40 letters, digits, _ - :',
  }),
  LOG_LEVEL: oneOf(logLevels, 'info'),
}

const passwordOf = (url: string): string => decodeURIComponent(new URL(url).password)

interface SecretProblem {
  path: ['DATABASE_URL'] | ['REDIS_URL']
  message: string
}

const expected = 'expected a URL with a password of its own in production, got'

/** What is wrong with the database's URL for production: it needs a password that is not a developer's. */
export const databaseSecretProblem = (config: {
  NODE_ENV: string
  DATABASE_URL: string
}): SecretProblem | undefined => {
  if (config.NODE_ENV !== 'production') return undefined
  if (config.DATABASE_URL === localDatabaseUrl)
    return { path: ['DATABASE_URL'], message: `${expected} the default` }
  if (passwordOf(config.DATABASE_URL) === '') return { path: ['DATABASE_URL'], message: `${expected} none` }
  return undefined
}

/** What is wrong with the secrets of both stores for production: a problem per variable, none when all is well. */
export const storeSecretProblems = (config: {
  NODE_ENV: string
  DATABASE_URL: string
  REDIS_URL: string
}): SecretProblem[] => {
  if (config.NODE_ENV !== 'production') return []
  const problem = databaseSecretProblem(config)
  return [
    ...(problem ? [problem] : []),
    ...(passwordOf(config.REDIS_URL) === ''
      ? [{ path: ['REDIS_URL'], message: `${expected} none` } satisfies SecretProblem]
      : []),
  ]
}

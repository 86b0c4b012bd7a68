/** The part of the api's configuration that says who is who: customers, admins, sessions. */
import { randomBytes } from 'node:crypto'
import { type AdminEntry, readAdminEntries } from '@flash-sale/shared/admin-entry.ts'
import { oneOf, storeUrl, text, wholeNumber } from '@flash-sale/shared/config/readers.ts'
import { z } from 'zod'
import type { CustomerTokenOptions } from './customer-tokens.ts'

/** A signing key shorter than its hash (RFC 7518, 3.2) can be guessed. */
const secretBytesMin = 32

const secret = () =>
  text({ max: 1_000, secret: true })
    .refine((value) => Buffer.byteLength(value) >= secretBytesMin, {
      error: ({ input }) =>
        `expected a secret of at least ${secretBytesMin} bytes, got ${Buffer.byteLength(String(input))}`,
    })
    .optional()

const symmetric = ['HS256', 'HS384', 'HS512']
const asymmetric = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

const noAdmins: AdminEntry[] = []

export const authVariables = {
  AUTH_MODE: oneOf(['none', 'jwt'], 'none').optional(),
  JWT_JWKS_URL: storeUrl(['https:', 'http:']).optional(),
  JWT_SECRET: secret(),
  JWT_ALGORITHMS: text({ max: 100 })
    .transform((list) => list.split(',').map((name) => name.trim()))
    .optional(),
  JWT_ISSUER: text({ max: 500 }).optional(),
  JWT_AUDIENCE: text({ max: 500 }).optional(),
  JWT_CLOCK_TOLERANCE_S: wholeNumber({ min: 0, max: 300, unit: 'seconds', fallback: 5 }),
  ADMIN_TOKENS: text({ max: 20_000, secret: true })
    .transform((list, ctx): AdminEntry[] => {
      const read = readAdminEntries(list)
      if (read.valid) return read.entries
      ctx.addIssue({ code: 'custom', message: read.why })
      return z.NEVER
    })
    .optional(),
  SESSION_SECRET: secret(),
}

const authSchema = z.object(authVariables)
export type AuthConfig = Readonly<z.output<typeof authSchema>>

type Variable = keyof AuthConfig

interface VariableProblem {
  path: [Variable]
  message: string
}

const algorithmProblem = (config: AuthConfig): string | undefined => {
  const allowed = config.JWT_SECRET === undefined ? asymmetric : symmetric
  const keys = config.JWT_SECRET === undefined ? 'JWT_JWKS_URL' : 'JWT_SECRET'
  const given = config.JWT_ALGORITHMS ?? []
  const wrong = given.find((name) => !allowed.includes(name))
  if (given.length > 0 && wrong === undefined) return undefined
  return `expected a list from ${allowed.join(',')} with ${keys}, got ${JSON.stringify(wrong ?? 'nothing')}`
}

const jwtProblems = (
  config: AuthConfig,
  production: boolean,
): Partial<Record<Variable, string | undefined>> => {
  const { JWT_JWKS_URL: url, JWT_SECRET: key } = config
  const needed = 'expected with AUTH_MODE=jwt, got nothing'
  return {
    JWT_JWKS_URL:
      (url === undefined) === (key === undefined)
        ? `expected either this or JWT_SECRET with AUTH_MODE=jwt, got ${url === undefined ? 'neither' : 'both'}`
        : production && url !== undefined && !url.startsWith('https:')
          ? 'expected https: in production, since who changes the keys is anybody, got http:'
          : undefined,
    JWT_ALGORITHMS: algorithmProblem(config),
    JWT_ISSUER: config.JWT_ISSUER === undefined ? needed : undefined,
    JWT_AUDIENCE: config.JWT_AUDIENCE === undefined ? needed : undefined,
  }
}

/** What is wrong with the variables taken together; none when all is well. */
export const authProblems = (config: AuthConfig & { NODE_ENV: string }): VariableProblem[] => {
  const production = config.NODE_ENV === 'production'
  const missing = (name: Variable, what: string): string | undefined =>
    production && config[name] === undefined ? `expected ${what} in production, got nothing` : undefined
  const messages: Partial<Record<Variable, string | undefined>> = {
    AUTH_MODE: missing('AUTH_MODE', 'none or jwt, said in so many words,'),
    ADMIN_TOKENS: missing('ADMIN_TOKENS', 'at least one entry (npm run admin-token makes it)'),
    SESSION_SECRET: missing('SESSION_SECRET', `a random text of at least ${secretBytesMin} bytes`),
    ...(config.AUTH_MODE === 'jwt' ? jwtProblems(config, production) : {}),
  }
  return Object.entries(messages).flatMap(([name, message]) =>
    message === undefined ? [] : [{ path: [name as Variable], message }],
  )
}

/** How customers' tokens are checked; undefined with `AUTH_MODE=none`. */
export const customerTokenOptionsOf = (config: AuthConfig): CustomerTokenOptions | undefined => {
  const { JWT_JWKS_URL: jwksUrl, JWT_SECRET: key, JWT_ISSUER: issuer, JWT_AUDIENCE: audience } = config
  if (config.AUTH_MODE !== 'jwt' || issuer === undefined || audience === undefined) return undefined
  const keys = jwksUrl === undefined ? { secret: key ?? '' } : { jwksUrl }
  const algorithms = config.JWT_ALGORITHMS ?? []
  return { keys, algorithms, issuer, audience, clockToleranceS: config.JWT_CLOCK_TOLERANCE_S }
}

export const adminEntriesOf = (config: AuthConfig): readonly AdminEntry[] => config.ADMIN_TOKENS ?? noAdmins

/** Without one of its own a process makes one up: its sessions end with it. */
export const sessionSecretOf = (config: AuthConfig): string | Buffer =>
  config.SESSION_SECRET ?? randomBytes(32)

/**
 * Readers of environment variables: each is a zod schema from the raw text (or nothing) to a value.
 * A process puts its readers into one object schema and calls `readConfig` once, at start.
 */
import { z } from 'zod'

/** Thrown by `readConfig`; its message lists every wrong variable, one a line, and is meant for a person. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

const shown = (raw: string): string => JSON.stringify(raw.length > 60 ? `${raw.slice(0, 60)}…` : raw)

const reader = <T>(
  parse: (raw: string) => T | undefined,
  expected: string,
  fallback: T | undefined,
  secret = false,
) =>
  z
    .string()
    .optional()
    .transform((raw, ctx): T => {
      const given = raw?.trim()
      if (given === undefined && fallback !== undefined) return fallback
      const value = given === undefined ? undefined : parse(given)
      if (value !== undefined) return value
      const got = given === undefined ? 'nothing' : secret ? `${given.length} characters` : shown(given)
      ctx.addIssue({ code: 'custom', message: `expected ${expected}, got ${got}` })
      return z.NEVER
    })

/** A whole number within `min` and `max`, both included. `unit` is for the error message. */
export const wholeNumber = (limits: { min: number; max: number; unit?: string; fallback?: number }) =>
  reader(
    (raw) => {
      const value = /^-?\d{1,15}$/.test(raw) ? Number(raw) : Number.NaN
      return value >= limits.min && value <= limits.max ? value : undefined
    },
    `a whole number from ${limits.min} to ${limits.max}${limits.unit ? ` (${limits.unit})` : ''}`,
    limits.fallback,
  )

/** A TCP port; 0 lets the system choose one. */
export const port = (fallback: number) => wholeNumber({ min: 0, max: 65_535, fallback })

/** `true`/`1`/`yes`/`on` or `false`/`0`/`no`/`off`. */
export const flag = (fallback: boolean) =>
  reader<boolean>(
    (raw) => {
      if (/^(true|1|yes|on)$/i.test(raw)) return true
      return /^(false|0|no|off)$/i.test(raw) ? false : undefined
    },
    'true or false',
    fallback,
  )

/** One of the given words. */
export const oneOf = <const T extends readonly string[]>(words: T, fallback: T[number]) =>
  reader<T[number]>((raw) => words.find((word) => word === raw), `one of ${words.join(', ')}`, fallback)

/** Text of 1 to `max` characters; `pattern` narrows it and `expected` says how. */
export const text = (limits: {
  max: number
  fallback?: string
  pattern?: RegExp
  expected?: string
  secret?: boolean
}) =>
  reader<string>(
    (raw) => (raw.length <= limits.max && (limits.pattern?.test(raw) ?? true) ? raw : undefined),
    limits.expected ?? `text of 1 to ${limits.max} characters`,
    limits.fallback,
    limits.secret,
  )

/** A URL with one of the given protocols (`redis:`). Counts as a secret, since it may carry a password. */
export const storeUrl = (protocols: readonly string[], fallback?: string) =>
  reader<string>(
    (raw) => (URL.canParse(raw) && protocols.includes(new URL(raw).protocol) ? raw : undefined),
    `a URL starting with ${protocols.map((p) => `${p}//`).join(' or ')}`,
    fallback,
    true,
  )

/**
 * Reads and validates the whole configuration of a process.
 * @param schema object schema, keys are the variables' names.
 * @param env usually `process.env`; variables that the schema does not name are ignored.
 * @returns the values, frozen.
 * @throws {ConfigError} naming every wrong variable with what was expected and what was got.
 */
export const readConfig = <T extends z.ZodType>(
  schema: T,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<z.output<T>> => {
  // A variable that is set to nothing, as `.env` files do, is not set.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim() !== ''))
  const result = schema.safeParse(given)
  if (result.success) return Object.freeze(result.data)
  const lines = result.error.issues.map(
    (issue) => `  ${issue.path.join('.') || 'configuration'}: ${issue.message}`,
  )
  throw new ConfigError(`The configuration is not valid:\n${lines.join('\n')}`)
}

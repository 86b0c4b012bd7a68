import type { FieldProblem } from '@flash-sale/shared/contract/problem.ts'
import type { z } from 'zod'

export type Validated<T> = { valid: true; data: T } | { valid: false; errors: readonly FieldProblem[] }

/** A body of 4 kB can hold hundreds of wrong fields; an answer lists the first few. */
const errorsMax = 10
const shownLengthMax = 40

const shorten = (text: string): string =>
  text.length > shownLengthMax ? `${text.slice(0, shownLengthMax).toWellFormed()}…` : text

/** How a refused value is named in a message: short, and never more than its kind for what is nested. */
const named = (value: unknown): string => {
  if (value === undefined) return 'nothing'
  if (typeof value === 'string') return JSON.stringify(shorten(value))
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  return String(value)
}

const expectedKinds: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'text',
  boolean: 'true or false',
  object: 'an object',
}

const expectedBy = (issue: z.core.$ZodIssue): string => {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${expectedKinds[issue.expected] ?? issue.expected}`
    case 'too_small':
      return `expected at least ${issue.minimum}${issue.origin === 'string' ? ' character' : ''}`
    case 'too_big':
      return `expected at most ${issue.maximum}${issue.origin === 'string' ? ' characters' : ''}`
    case 'invalid_value':
      return `expected one of ${issue.values.map(String).join(', ')}`
    case 'invalid_format':
      return issue.format === 'datetime'
        ? 'expected a time in ISO 8601 with its offset, such as 2030-01-31T18:00:00Z'
        : `expected ${issue.format}`
    default:
      return issue.message
  }
}

const valueAt = (body: unknown, path: readonly PropertyKey[]): unknown => {
  let value = body
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return value
}

const gotOf = (issue: z.core.$ZodIssue, value: unknown): string => {
  const isLength = (issue.code === 'too_small' || issue.code === 'too_big') && issue.origin === 'string'
  return isLength && typeof value === 'string' ? String(value.length) : named(value)
}

const problemsOf = (issue: z.core.$ZodIssue, body: unknown): FieldProblem[] => {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: shorten(key.toWellFormed()),
      message: 'expected no field of this name',
    }))
  }
  const path = issue.path.map(String).join('.')
  return [{ path, message: `${expectedBy(issue)}, got ${gotOf(issue, valueAt(body, issue.path))}` }]
}

/**
 * Checks a value against a schema of the contract.
 * @returns the parsed value with defaults filled in, or the first few fields that are wrong, each saying what was
 * expected and what was got.
 */
export const validate = <T extends z.ZodType>(schema: T, body: unknown): Validated<z.output<T>> => {
  const result = schema.safeParse(body)
  if (result.success) return { valid: true, data: result.data }
  const all = result.error.issues.flatMap((issue) => problemsOf(issue, body))
  // One a field: a text that is no time is also out of its range, and that helps nobody.
  const firsts = all.filter(({ path }, at) => all.findIndex((other) => other.path === path) === at)
  return { valid: false, errors: firsts.slice(0, errorsMax) }
}

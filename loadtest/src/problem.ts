import type { Problem } from '@flash-sale/shared/contract/problem.ts'

/** True for an object of JSON, whose fields can then be looked at one by one. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isProblem = (body: unknown): body is Problem =>
  isRecord(body) && typeof body.code === 'string' && typeof body.detail === 'string'

/** One line for people: the code, and what the server says about it. */
export const problemTextOf = (status: number, body: unknown): string =>
  isProblem(body) ? `${body.code}: ${body.detail}` : `HTTP ${status}`

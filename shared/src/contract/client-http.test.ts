import { expect, test } from 'vitest'
import { retryAfterMsOf } from './client-http.ts'

const nowMs = Date.UTC(2026, 0, 1)

test.each([
  [null, undefined],
  ['0', 0],
  ['2', 2_000],
  ['Thu, 01 Jan 2026 00:00:05 GMT', 5_000],
  ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
  ['soon', undefined],
])('Retry-After %j is %j ms', (header, expected) => {
  expect(retryAfterMsOf(header, nowMs)).toBe(expected)
})

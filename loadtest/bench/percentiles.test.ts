import { expect, test } from 'vitest'
import { percentilesOf } from './percentiles.ts'

test('percentiles are exact to three digits', () => {
  const { p50, p99, p999 } = percentilesOf(Array.from({ length: 10_000 }, (_, index) => (index + 1) / 10))
  expect(Math.abs(p50 / 500 - 1)).toBeLessThan(0.001)
  expect(Math.abs(p99 / 990 - 1)).toBeLessThan(0.001)
  expect(Math.abs(p999 / 999 - 1)).toBeLessThan(0.001)
})

test('a clock that went back counts as no time, and nothing measured is refused', () => {
  expect(percentilesOf([-1]).p50).toBe(0)
  expect(() => percentilesOf([])).toThrow(/at least one/)
})

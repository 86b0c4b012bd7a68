import { expect, test } from 'vitest'
import { distributionOf } from './latency.ts'

test('no values, no distribution', () => {
  expect(distributionOf([])).toBeNull()
})

test('percentiles of 1 to 1000, exact to three digits', () => {
  const distribution = distributionOf(Array.from({ length: 1000 }, (_, index) => 1000 - index))
  expect(distribution).toMatchObject({ count: 1000, max: 1000 })
  expect(distribution?.p50).toBeCloseTo(500, -0.5)
  expect(distribution?.p95).toBeCloseTo(950, -0.5)
  expect(distribution?.p99).toBeCloseTo(990, -0.5)
})

test.each([
  ['one value', [0.25], 0.25],
  ['zero', [0], 0],
  ['a clock that went back', [-3], 0],
  ['a long time', [3_600_000], 3_600_000],
])('%s', (_name, values, expected) => {
  expect(distributionOf(values)).toEqual({
    count: 1,
    p50: expected,
    p95: expected,
    p99: expected,
    max: expected,
  })
})

test('no percentile lies beyond the largest value', () => {
  const distribution = distributionOf([1, 123_456.789])
  expect(distribution?.p99).toBe(123_456.789)
  expect(distribution?.max).toBe(123_456.789)
})

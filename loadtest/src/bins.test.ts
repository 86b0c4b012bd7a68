import { expect, test } from 'vitest'
import { binsUpTo, countIn, histogramOf } from './bins.ts'

test.each([
  [0, { width: 1, count: 1 }],
  [99.9, { width: 1, count: 100 }],
  [100, { width: 1, count: 101 }],
  [101, { width: 2, count: 51 }],
  [450, { width: 5, count: 91 }],
  [99_000, { width: 1_000, count: 100 }],
])('up to %d in about a hundred parts: %j', (max, bins) => {
  expect(binsUpTo(max, 100)).toEqual(bins)
})

test('an edge belongs to the part above, and nothing falls out', () => {
  expect(countIn([0, 9.99, 10, 29, 30, -5, 1_000], { width: 10, count: 3 })).toEqual([3, 1, 3])
})

test('a histogram of nothing is none', () => {
  expect(histogramOf([], 10)).toBeNull()
  expect(histogramOf([3, 1, 3], 10)).toEqual({ width: 1, counts: [0, 1, 0, 2] })
})

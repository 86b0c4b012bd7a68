import fc from 'fast-check'
import { expect, test } from 'vitest'
import { figuresOf, medianIn, medianOf, type Sample } from './results.ts'

const sample = (contender: string, round: number, value: number): Sample => ({
  measure: 'drain',
  contender,
  situation: '1 worker',
  unit: 'settled/s',
  round,
  value,
})

test.each<[number[], number]>([
  [[5], 5],
  [[1, 9], 5],
  [[9, 1, 2], 2],
  [[4, 1, 3, 2], 2.5],
])('the median of %j is %d', (values, median) => {
  expect(medianOf(values)).toBe(median)
})

test('no value has no median', () => {
  expect(() => medianOf([])).toThrow(/at least one/)
})

test('as many values lie below the median as above it', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1 }), (values) => {
      const median = medianOf(values)
      const below = values.filter((value) => value < median).length
      const above = values.filter((value) => value > median).length
      expect(Math.max(below, above)).toBeLessThanOrEqual(values.length / 2)
    }),
  )
})

test('samples of all rounds become one figure, in the order of their first sample', () => {
  const samples = [
    sample('noop', 1, 30),
    sample('engine', 1, 10),
    sample('noop', 2, 10),
    sample('noop', 3, 20),
  ]
  expect(figuresOf(samples)).toEqual([
    {
      measure: 'drain',
      contender: 'noop',
      situation: '1 worker',
      unit: 'settled/s',
      median: 20,
      min: 10,
      max: 30,
      rounds: 3,
    },
    expect.objectContaining({ contender: 'engine', median: 10, min: 10, max: 10, rounds: 1 }),
  ])
})

test('a figure is found by what is said of it, and not when it was not measured', () => {
  const figures = figuresOf([sample('noop', 1, 30), sample('engine', 1, 10)])
  expect(medianIn(figures, { contender: 'engine', measure: 'drain' })).toBe(10)
  expect(medianIn(figures, { contender: 'engine', measure: 'scaling' })).toBeUndefined()
})

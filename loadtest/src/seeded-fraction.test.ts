import { expect, test } from 'vitest'
import { seededFraction } from './seeded-fraction.ts'

const drawn = (seed: number): number[] =>
  Array.from({ length: 1_000 }, (_, buyer) => seededFraction(seed, buyer, 1))

test('follows from the seed, the buyer and the attempt', () => {
  expect(drawn(7)).toEqual(drawn(7))
  expect(new Set([...drawn(7), ...drawn(8), seededFraction(7, 1, 2)]).size).toBe(2_001)
})

test('is spread from 0 to 1', () => {
  const tenths = drawn(7).map((fraction) => Math.floor(fraction * 10))
  for (let tenth = 0; tenth < 10; tenth += 1)
    expect(tenths.filter((found) => found === tenth).length).toBeGreaterThan(50)
  expect(tenths.every((tenth) => tenth >= 0 && tenth < 10)).toBe(true)
})

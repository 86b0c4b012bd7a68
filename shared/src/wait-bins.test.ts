import fc from 'fast-check'
import { expect, test } from 'vitest'
import { waitBinOf, waitBins, waitPercentileMs } from './wait-bins.ts'

test('percentiles are never too small, and at most a quarter too large', () => {
  const waits = fc.array(fc.integer({ min: 0, max: 80_000 }), { minLength: 1, maxLength: 200 })
  fc.assert(
    fc.property(waits, fc.constantFrom(0.5, 0.99, 1), (waitsMs, share) => {
      const counts = Array<number>(waitBins).fill(0)
      for (const ms of waitsMs) counts[waitBinOf(ms)] = (counts[waitBinOf(ms)] ?? 0) + 1
      const exact = waitsMs.toSorted((a, b) => a - b)[Math.ceil(waitsMs.length * share) - 1] ?? 0
      const seen = waitPercentileMs(counts, share)
      expect(seen).toBeGreaterThanOrEqual(exact - 0.5)
      expect(seen).toBeLessThanOrEqual(Math.max(1, exact * 1.25) + 0.5)
    }),
  )
})

test('nothing counted is no wait, and the longest have a bin as well', () => {
  expect(waitPercentileMs(Array<number>(waitBins).fill(0), 0.5)).toBeUndefined()
  expect([waitBinOf(0), waitBinOf(1), waitBinOf(1e9)]).toEqual([0, 0, waitBins - 1])
})

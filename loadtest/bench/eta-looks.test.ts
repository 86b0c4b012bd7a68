import { expect, test } from 'vitest'
import { type EtaLook, judgeLooks, type WatchedPurchase } from './eta-looks.ts'

/** Looked at every second from 1,000 on; settled at 5,000. */
const purchase = (...shown: readonly (readonly [ahead: number, etaMs?: number])[]): WatchedPurchase => ({
  settledAtMs: 5_000,
  looks: shown.map(
    ([aheadEstimate, etaMs], index): EtaLook => ({
      atMs: 1_000 * (index + 1),
      aheadEstimate,
      etaMs,
    }),
  ),
})

const exact = purchase([40, 4_000], [30, 3_000], [20, 2_000], [10, 1_000])

test.each<[string, readonly WatchedPurchase[], number, object]>([
  ['exact ones', [exact], 0, { looks: 4, withinPercent: 100, errorPercent: 0, grewPercent: 0 }],
  [
    'a quarter too long is within, more is not',
    [purchase([40, 5_000], [30, 3_750], [20, 2_502], [10, 1_000])],
    0,
    { withinPercent: 75 },
  ],
  [
    'too short counts as well',
    [purchase([40, 3_000], [30, 2_200], [20, 1_400], [10, 700])],
    0,
    { withinPercent: 25, errorPercent: -28.3 },
  ],
  [
    'a time to go that grows',
    [exact, purchase([40, 4_000], [30, 3_000], [20, 3_001], [10, 1_000])],
    0,
    { grewPercent: 16.7 },
  ],
  [
    'a place that grows',
    [exact, purchase([40, 4_000], [41, 3_000], [20, 2_000], [10, 1_000])],
    0,
    { grewPercent: 16.7 },
  ],
  [
    'one that is shown no time to go is not within',
    [purchase([40], [30, 3_000], [20, 2_000], [10, 1_000])],
    0,
    { withinPercent: 75, errorPercent: 0, grewPercent: 0 },
  ],
  [
    'what was shown before the queue was steady',
    [purchase([40, 1], [30, 9_000], [20, 2_000], [10, 1_000])],
    2_500,
    { looks: 2, withinPercent: 100, grewPercent: 0 },
  ],
  [
    'what was shown just before the outcome is not held against it, unless it grew',
    [{ ...exact, looks: [...exact.looks, { atMs: 4_600, aheadEstimate: 0, etaMs: 0 }] }],
    0,
    { looks: 4, withinPercent: 100, grewPercent: 0 },
  ],
])('%s', (_name, purchases, fromMs, expected) => {
  const verdict = judgeLooks(purchases, fromMs)
  const rounded = Object.entries(verdict).map(([name, value]) => [name, Math.round(value * 10) / 10])
  expect(Object.fromEntries(rounded)).toMatchObject(expected)
})

test('nothing to judge is no good verdict', () => {
  expect(() => judgeLooks([exact], 9_000)).toThrow('drained before')
})

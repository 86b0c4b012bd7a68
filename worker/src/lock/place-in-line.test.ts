import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { afterTurn, aheadOf, behindOwn, nobodyInLine, type PlaceInLine, type Share } from './place-in-line.ts'

const batchMax = 10
const share = (purchases: number, left = 0): Share => ({ purchases, left })
const before = (...shares: Share[]): PlaceInLine => ({ before: shares, after: [] })
const after = (...shares: Share[]): PlaceInLine => ({ before: [], after: shares })

test.each([
  { of: 'nobody else', index: 0, place: nobodyInLine, batches: 0, purchases: 0 },
  { of: 'own batches only', index: 25, place: nobodyInLine, batches: 2, purchases: 25 },
  { of: 'a holder with one small batch', index: 3, place: before(share(7)), batches: 1, purchases: 10 },
  { of: 'it does not come back', index: 95, place: before(share(7)), batches: 10, purchases: 102 },
  { of: 'a holder that has more', index: 10, place: before(share(10, 90)), batches: 3, purchases: 30 },
  { of: 'one that runs dry', index: 40, place: before(share(10, 15)), batches: 7, purchases: 65 },
  { of: 'one that comes after', index: 9, place: after(share(10, 90)), batches: 0, purchases: 9 },
  { of: 'it comes in between', index: 20, place: after(share(10, 90)), batches: 4, purchases: 40 },
  { of: 'it comes once', index: 20, place: after(share(4)), batches: 3, purchases: 24 },
  {
    of: 'three others',
    index: 20,
    place: { before: [share(10, 5), share(3)], after: [share(10, 40)] },
    batches: 7,
    purchases: 58,
  },
])('ahead of the one at $index: $of', ({ index, place, batches, purchases }) => {
  expect(aheadOf(index, batchMax, place)).toEqual({ batchesAhead: batches, purchasesAhead: purchases })
})

test('whose turn is over stands behind the others, if it has more', () => {
  const place = { before: [share(10, 13), share(6)], after: [share(10, 2)] }
  expect(afterTurn(place, batchMax)).toEqual(before(share(10, 2), share(10, 3)))
  expect(behindOwn(before(share(5)), 8)).toEqual(before(share(8), share(5)))
})

/** Serves batch by batch as the lock does, until the purchase at `index` is in the batch. */
const served = (index: number, place: PlaceInLine) => {
  const own = { total: index + 1, isOwn: true }
  const others = (shares: readonly Share[]) =>
    shares.map(({ purchases, left }) => ({ total: purchases + left, isOwn: false }))
  const line = [...others(place.before), own, ...others(place.after)]
  let batchesAhead = 0
  let purchasesAhead = 0
  for (;;) {
    const next = line.shift()
    if (!next) throw new Error('the purchase is never served')
    if (next.isOwn && next.total <= batchMax)
      return { batchesAhead, purchasesAhead: purchasesAhead + next.total - 1 }
    batchesAhead += 1
    purchasesAhead += Math.min(batchMax, next.total)
    next.total -= batchMax
    if (next.total > 0) line.push(next)
  }
}

describe('for any line', () => {
  const shares = fc.array(
    fc
      .integer({ min: 1, max: 60 })
      .map((total) => share(Math.min(total, batchMax), Math.max(0, total - batchMax))),
    { maxLength: 5 },
  )
  test('it is what serving it in turn comes to', () => {
    fc.assert(
      fc.property(fc.nat(80), shares, shares, (index, first, last) => {
        const place = { before: first, after: last }
        expect(aheadOf(index, batchMax, place)).toEqual(served(index, place))
      }),
    )
  })
})

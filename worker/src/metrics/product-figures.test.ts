import type { ReportedMinute } from '@flash-sale/shared/product-report.ts'
import { waitBinOf } from '@flash-sale/shared/wait-bins.ts'
import { describe, expect, it } from 'vitest'
import { createProductFigures, type ProductFiguresOptions } from './product-figures.ts'

const figuresAt = (options: Omit<ProductFiguresOptions, 'nowMs'> = {}) => {
  let nowMs = 5_000_000
  const figures = createProductFigures({ ...options, nowMs: () => nowMs })
  return {
    figures,
    pass: (ms: number) => {
      nowMs += ms
    },
    /** @returns whether it was counted. */
    settle: (productId: number, purchases: number, lockWaitMs = 1): boolean => {
      const batch = figures.batchOf(productId)
      for (let purchase = 0; purchase < purchases; purchase += 1) batch?.lockWaited(lockWaitMs)
      batch?.settled(purchases)
      return batch !== undefined
    },
    minuteOf: (productId: number): ReportedMinute | undefined =>
      figures.report().minutes.find((minute) => minute.productId === productId),
  }
}

describe('the last minute of a product', () => {
  it('forgets a batch after a minute, slot by slot', () => {
    const { settle, pass, minuteOf } = figuresAt()
    settle(1, 10, 5)
    pass(30_000)
    settle(1, 5, 500)
    pass(29_999)
    expect(minuteOf(1)).toMatchObject({ settled: 15, batches: 2 })
    pass(1)
    expect(minuteOf(1)).toMatchObject({ settled: 5, batches: 1, lockWaits: [[waitBinOf(500), 5]] })
    pass(30_000)
    expect(minuteOf(1)).toBeUndefined()
  })

  it('empties a slot that a later minute uses again', () => {
    const { settle, pass, minuteOf } = figuresAt()
    settle(1, 10, 900)
    pass(60_000)
    settle(1, 1)
    expect(minuteOf(1)).toEqual({ productId: 1, settled: 1, batches: 1, lockWaits: [[0, 1]] })
  })

  it('tells the speed of the last ten seconds', () => {
    const { settle, pass, minuteOf } = figuresAt()
    for (let second = 0; second < 20; second += 1) {
      settle(1, second < 10 ? 1_000 : 50)
      pass(1_000)
    }
    expect(minuteOf(1)?.settledPerS).toBe(50)
    pass(20_000)
    expect(minuteOf(1)).toMatchObject({ settled: 10_500, settledPerS: 0 })
  })

  it('tells the speed of a sale from its beginning, and anew after a pause', () => {
    const { settle, pass, minuteOf } = figuresAt()
    const sell = (): void => {
      for (let tenth = 0; tenth < 40; tenth += 1) {
        settle(1, 10)
        pass(100)
      }
    }
    settle(1, 10)
    expect(minuteOf(1)).not.toHaveProperty('settledPerS')
    sell()
    expect(minuteOf(1)?.settledPerS).toBeCloseTo(100, -1)
    pass(120_000)
    sell()
    expect(minuteOf(1)?.settledPerS).toBeCloseTo(100, -1)
  })
})

describe('many products', () => {
  it('gives the place of one that was not sold for a minute to another', () => {
    const { figures, settle, pass, minuteOf } = figuresAt({ minutesMax: 2 })
    expect([settle(1, 1), settle(2, 1), settle(1, 1)]).toEqual([true, true, true])
    expect(figures.report().allMinutes).toBe(true)
    pass(30_000)
    // The second was settled longest ago, yet within the minute: what is told of it has to be all of it.
    expect([settle(3, 1), settle(1, 1)]).toEqual([false, true])
    expect(figures.report().allMinutes).toBe(false)
    pass(30_000)
    expect([settle(3, 1), settle(1, 1)]).toEqual([true, true])
    expect(minuteOf(2)).toBeUndefined()
    pass(31_000)
    expect(figures.report().allMinutes).toBe(true)
  })

  it('counts the outcomes of the first ones, and says whether these are all', () => {
    const { figures } = figuresAt({ outcomesMax: 2 })
    figures.stored(7, 'confirmed', 3)
    figures.stored(7, 'failed', 1)
    figures.stored(8, 'sold_out', 2)
    figures.stored(7, 'confirmed', 2)
    const outcomes = [
      [7, 5, 0, 0, 0, 1],
      [8, 0, 2, 0, 0, 0],
    ]
    expect(figures.report()).toMatchObject({ outcomes, allOutcomes: true })
    figures.stored(9, 'confirmed', 1)
    figures.stored(8, 'confirmed', 1)
    expect(figures.report()).toMatchObject({
      outcomes: [
        [7, 5, 0, 0, 0, 1],
        [8, 1, 2, 0, 0, 0],
      ],
      allOutcomes: false,
    })
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLastMinute } from './last-minute.ts'

const clock = () => {
  let nowMs = 5_000_000
  return {
    now: () => nowMs,
    pass: (ms: number) => {
      nowMs += ms
    },
  }
}

describe('the last minute of a product', () => {
  it('forgets a batch after a minute, second by second', () => {
    const { now, pass } = clock()
    const minute = createLastMinute(now)
    minute.hear({ productId: 1, purchases: 10, lockWaitMs: 5 })
    pass(30_000)
    minute.hear({ productId: 1, purchases: 5, lockWaitMs: 500 })
    expect(minute.of(1)).toMatchObject({ settled: 15, batches: 2 })
    pass(29_999)
    expect(minute.of(1)).toMatchObject({ settled: 15, batches: 2 })
    pass(1)
    expect(minute.of(1)).toMatchObject({ settled: 5, batches: 1 })
    pass(30_000)
    expect(minute.of(1)).toEqual({ productId: 1, settled: 0, batches: 0, settledPerS: 0 })
    expect(minute.products()).toEqual([])
  })

  it('empties a slot that a later minute uses again', () => {
    const { now, pass } = clock()
    const minute = createLastMinute(now)
    minute.hear({ productId: 1, purchases: 10, lockWaitMs: 900 })
    pass(60_000)
    minute.hear({ productId: 1, purchases: 1, lockWaitMs: 1 })
    expect(minute.of(1)).toMatchObject({ settled: 1, batches: 1, lockWaitMsP50: 1, lockWaitMsP99: 1 })
  })

  it('tells the rate of the last ten whole seconds', () => {
    const { now, pass } = clock()
    const minute = createLastMinute(now)
    for (let second = 0; second < 20; second += 1) {
      minute.hear({ productId: 1, purchases: second < 10 ? 1_000 : 50, lockWaitMs: 1 })
      pass(1_000)
    }
    expect(minute.of(1).settledPerS).toBe(50)
  })

  it('keeps the 200 products heard of last, and lists the busiest first', () => {
    const { now } = clock()
    const minute = createLastMinute(now)
    for (let productId = 1; productId <= 250; productId += 1)
      minute.hear({ productId, purchases: productId, lockWaitMs: 1 })
    const products = minute.products()
    expect(products).toHaveLength(200)
    expect(products[0]?.productId).toBe(250)
    expect(minute.of(50).settled).toBe(0)
    expect(minute.of(51).settled).toBe(51)
  })

  it('gives percentiles that are at most a quarter too large', () => {
    const batches = fc.array(
      fc.record({
        purchases: fc.integer({ min: 1, max: 500 }),
        lockWaitMs: fc.integer({ min: 0, max: 80_000 }),
      }),
      { minLength: 1, maxLength: 40 },
    )
    fc.assert(
      fc.property(batches, (heard) => {
        const minute = createLastMinute(clock().now)
        for (const batch of heard) minute.hear({ productId: 1, ...batch })
        const waits = heard.flatMap(({ purchases, lockWaitMs }) => Array<number>(purchases).fill(lockWaitMs))
        waits.sort((a, b) => a - b)
        const { lockWaitMsP50 = -1, lockWaitMsP99 = -1 } = minute.of(1)
        for (const [share, seen] of [
          [0.5, lockWaitMsP50],
          [0.99, lockWaitMsP99],
        ] as const) {
          const exact = waits[Math.ceil(waits.length * share) - 1] ?? 0
          expect(seen).toBeGreaterThanOrEqual(Math.floor(exact))
          expect(seen).toBeLessThanOrEqual(Math.max(1, exact * 1.25) + 1)
        }
      }),
    )
  })
})

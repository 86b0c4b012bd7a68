import type { Outcome } from '@flash-sale/shared/contract/purchase.ts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { courseOf } from './course.ts'
import { figuresOf } from './figures.ts'
import type { BuyerResult } from './workload.ts'

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

interface Bought {
  outcome: Outcome
  acceptMs: number
  outcomeMs: number
  queueWaitMs: number
  lockWaitMs: number
  settleMs: number
  /** Absent: the answer came from the row in Postgres. */
  waits: boolean
}

/** A server whose clock is years away from ours. */
const serverStartMs = Date.parse('2031-01-01T00:00:00Z')
const at = (sinceStartMs: number): string => new Date(serverStartMs + sinceStartMs).toISOString()

const settledResult = (bought: Bought, index: number): BuyerResult => {
  const { outcome, acceptMs, outcomeMs, queueWaitMs, lockWaitMs, settleMs } = bought
  return {
    kind: 'settled',
    jobId: `job-${index}`,
    acceptMs,
    outcomeMs,
    outcome,
    view: {
      jobId: `job-${index}`,
      productId: 7,
      quantity: 1,
      status: outcome,
      acceptedAt: at(acceptMs),
      settledAt: at(acceptMs + queueWaitMs + lockWaitMs + settleMs),
      ...(bought.waits ? { queueWaitMs, lockWaitMs, settleMs } : {}),
    },
  }
}

const durationMs = (max: number) => fc.integer({ min: 0, max })
const purchase: fc.Arbitrary<BuyerResult[]> = fc
  .array(
    fc.oneof(
      fc.record({
        outcome: fc.constantFrom('confirmed', 'sold_out', 'limit_reached', 'not_on_sale', 'failed'),
        acceptMs: durationMs(2_000),
        outcomeMs: durationMs(20_000),
        queueWaitMs: durationMs(3_000),
        lockWaitMs: durationMs(3_000),
        settleMs: durationMs(500),
        waits: fc.boolean(),
      }),
      fc.record({ refused: durationMs(9_000) }),
    ),
    { maxLength: 60 },
  )
  .map((drawn) =>
    drawn.map((one, index) =>
      'refused' in one
        ? { kind: 'refused' as const, reason: 'sold-out', detail: '', answeredMs: one.refused }
        : settledResult(one, index),
    ),
  )

test('however it is cut into parts, the sums are those of the figures', () => {
  fc.assert(
    fc.property(purchase, fc.integer({ min: 1, max: 10 }), (results, quantity) => {
      const figures = figuresOf(results, quantity)
      const course = courseOf(results, { quantity, stock: 100 })
      const { refused, ...outcomes } = course.endings
      const settled = Object.fromEntries(
        Object.entries(outcomes).map(([name, counts]) => [name, sum(counts)]),
      )
      expect(settled).toEqual(figures.outcomes)
      expect(sum(refused)).toBe(figures.refused)
      expect(course.stockLeft.at(-1)).toBe(100 - quantity * figures.outcomes.confirmed)
      expect(sum(course.acceptMs?.counts ?? [])).toBe(figures.latency.acceptMs?.count ?? 0)
      expect(sum(course.outcomeMs?.counts ?? [])).toBe(figures.latency.outcomeMs?.count ?? 0)

      const views = results.flatMap((result) => (result.kind === 'settled' ? [result.view] : []))
      const waited = (name: 'queueWaitMs' | 'lockWaitMs'): number => sum(views.map((view) => view[name] ?? 0))
      expect(sum(course.queued) * course.binMs).toBeCloseTo(waited('queueWaitMs'), 3)
      expect(sum(course.waitingForLock) * course.binMs).toBeCloseTo(waited('lockWaitMs'), 3)
      expect(course.queuedMax).toBeLessThanOrEqual(course.waitsKnown)
      expect(Math.max(...course.queued)).toBeLessThanOrEqual(course.queuedMax + 1e-9)
      expect(course.stockLeft.length).toBeLessThanOrEqual(121)
    }),
  )
})

test('times of a server with another clock count from the common start', () => {
  const one = { queueWaitMs: 30, lockWaitMs: 20, settleMs: 10, outcomeMs: 200, waits: true }
  const results = [
    settledResult({ ...one, outcome: 'confirmed', acceptMs: 100 }, 1),
    settledResult({ ...one, outcome: 'sold_out', acceptMs: 120 }, 2),
  ]
  const { binMs, endings, queued, waitingForLock, queuedMax, stockLeft } = courseOf(results, {
    quantity: 1,
    stock: 1,
  })
  const during = (numbers: readonly number[]): [number, number][] =>
    numbers.flatMap((number, bin): [number, number][] => (number === 0 ? [] : [[bin * binMs, number]]))
  expect(binMs).toBe(2)
  expect(during(endings.confirmed)).toEqual([[160, 1]])
  expect(during(endings.sold_out)).toEqual([[180, 1]])
  expect(during(queued).at(0)).toEqual([100, 1])
  expect(during(queued).at(-1)).toEqual([148, 1])
  expect(during(waitingForLock).at(0)).toEqual([130, 1])
  expect(queuedMax).toBe(2)
  expect([stockLeft[79], stockLeft[80]]).toEqual([1, 0])
})

test('a run without anything has a course without anything', () => {
  expect(courseOf([], { quantity: 1, stock: 3 })).toMatchObject({
    binMs: 1,
    stockLeft: [3],
    acceptMs: null,
    outcomeMs: null,
  })
})

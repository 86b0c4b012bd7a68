import type { Outcome } from '@flash-sale/shared/contract/purchase.ts'
import { expect, test } from 'vitest'
import { figuresOf } from './figures.ts'
import type { BuyerResult } from './workload.ts'

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()

/** A purchase accepted in second `accepted` and settled a second later; its job id is `id`. */
const settled = (id: string, accepted: number, outcome: Outcome, orderId?: string): BuyerResult => ({
  kind: 'settled',
  jobId: id,
  acceptMs: 10,
  outcomeMs: 2_000,
  outcome,
  view: {
    jobId: id,
    productId: 1,
    quantity: 1,
    status: outcome,
    acceptedAt: at(accepted),
    settledAt: at(accepted + 1),
    queueWaitMs: 5,
    batchSize: 2,
    ...(orderId === undefined ? {} : { orderId }),
  },
})

test('a run without buyers has no figures to divide by', () => {
  expect(figuresOf([], 1)).toMatchObject({
    buyers: 0,
    accepted: 0,
    perSecond: null,
    perSecondByServer: null,
    fifoInversions: 0,
    reasons: [],
    latency: { acceptMs: null, outcomeMs: null, lockWaitMs: null, batchSize: null },
  })
})

test('counts every buyer once, and keeps the reasons apart', () => {
  const figures = figuresOf(
    [
      settled('a', 0, 'confirmed', '1'),
      { ...settled('b', 0, 'sold_out'), retries: 2, replayed: true },
      { ...settled('c', 0, 'failed'), retries: 0, replayed: false },
      { kind: 'lost', jobId: 'd', acceptMs: 30, reason: 'unknown-purchase' },
      { kind: 'refused', reason: 'sale-not-open', detail: 'not yet' },
      { kind: 'unanswered', reason: 'ECONNRESET', detail: 'ECONNRESET', retries: 3 },
      { kind: 'unanswered', reason: 'ECONNRESET', detail: 'ECONNRESET' },
    ],
    1,
  )
  expect(figures).toMatchObject({
    buyers: 7,
    accepted: 4,
    refused: 1,
    unanswered: 2,
    lost: 1,
    retried: 5,
    replayed: 1,
    sharedIds: 0,
    perSecond: 1.5,
    perSecondByServer: 3,
    outcomes: { confirmed: 1, sold_out: 1, limit_reached: 0, not_on_sale: 0, failed: 1 },
    reasons: [
      { reason: 'unanswered: ECONNRESET', count: 2 },
      { reason: 'lost: unknown-purchase', count: 1 },
      { reason: 'refused: sale-not-open', detail: 'not yet', count: 1 },
    ],
    latency: {
      acceptMs: { count: 4, max: 30 },
      outcomeMs: { count: 3, max: 2_000 },
      acceptedToSettledMs: { max: 1_000 },
      queueWaitMs: { count: 3, max: 5 },
      lockWaitMs: null,
      settleMs: null,
      batchSize: { max: 2 },
    },
  })
})

test('an id that two buyers hold is counted', () => {
  expect(figuresOf([settled('a', 0, 'confirmed', '1'), settled('a', 0, 'confirmed', '1')], 1).sharedIds).toBe(
    2,
  )
})

test.each<[string, BuyerResult[], number]>([
  ['in order', [settled('a', 0, 'confirmed'), settled('b', 1, 'sold_out')], 0],
  ['one came later and was served', [settled('a', 0, 'sold_out'), settled('b', 1, 'confirmed')], 1],
  ['in the same millisecond', [settled('a', 0, 'sold_out'), settled('b', 0, 'confirmed')], 0],
  ['nobody sold out', [settled('a', 0, 'confirmed'), settled('b', 1, 'confirmed')], 0],
])('out of order at the sell-out: %s', (_name, results, inversions) => {
  expect(figuresOf(results, 1).fifoInversions).toBe(inversions)
})

test('with larger quantities a later purchase of the rest is in order', () => {
  expect(figuresOf([settled('a', 0, 'sold_out'), settled('b', 1, 'confirmed')], 2).fifoInversions).toBeNull()
})

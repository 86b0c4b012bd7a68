import type { Outcome } from '@flash-sale/shared/contract/purchase.ts'
import type { Verification } from '@flash-sale/shared/contract/verification.ts'
import { expect, test } from 'vitest'
import { type Figures, figuresOf } from './figures.ts'
import { judge } from './verdict.ts'

type Counts = Partial<Record<Outcome, number>> & {
  lost?: number
  unanswered?: number
  sharedIds?: number
  changedOutcomes?: number
}

const figuresWith = ({
  lost = 0,
  unanswered = 0,
  sharedIds = 0,
  changedOutcomes = 0,
  ...outcomes
}: Counts): Figures => {
  const none = figuresOf([], 1)
  return {
    ...none,
    outcomes: { ...none.outcomes, ...outcomes },
    lost,
    unanswered,
    sharedIds,
    changedOutcomes,
  }
}

/** A product of 100 units that were sold one by one; what is not given follows from what is. */
const verificationWith = (given: Partial<Verification> = {}): Verification => {
  const initialStock = given.initialStock ?? 100
  const sold = given.sold ?? 100
  const stock = given.stock ?? initialStock + (given.restocked ?? 0) - sold
  const oversold = given.oversold ?? Math.max(0, sold - initialStock - (given.restocked ?? 0))
  const rest = {
    productId: 1,
    restocked: 0,
    orders: sold,
    movements: stock,
    duplicates: 0,
    undersold: 0,
    overLimit: 0,
    fencingBreaches: 0,
    ok: oversold === 0,
  }
  return { ...rest, ...given, initialStock, sold, stock, oversold }
}

interface Case {
  name: string
  counts: Counts
  verification?: Partial<Verification>
  quantity?: number
  exclusive?: boolean
  broken: string[]
}

const cases: Case[] = [
  { name: 'all sold, the rest sold out', counts: { confirmed: 100, sold_out: 100 }, broken: [] },
  { name: 'less demand than stock', counts: { confirmed: 40 }, verification: { sold: 40 }, broken: [] },
  {
    name: 'no stock at all',
    counts: { sold_out: 5 },
    verification: { initialStock: 0, sold: 0 },
    broken: [],
  },
  {
    name: 'nobody was served although there was stock',
    counts: { sold_out: 5 },
    verification: { sold: 0 },
    broken: ['undersold'],
  },
  {
    name: 'one unit left that was asked for',
    counts: { confirmed: 99, sold_out: 1 },
    verification: { sold: 99 },
    broken: ['undersold'],
  },
  {
    name: 'a failed purchase asked as well',
    counts: { confirmed: 99, failed: 1 },
    verification: { sold: 99 },
    broken: ['undersold'],
  },
  {
    name: 'a purchase over the limit did not ask for what is left',
    counts: { confirmed: 99, limit_reached: 1, not_on_sale: 1 },
    verification: { sold: 99 },
    broken: [],
  },
  {
    name: 'the engine saw an undersell',
    counts: { confirmed: 100, sold_out: 1 },
    verification: { undersold: 1, ok: false },
    broken: ['undersold'],
  },
  {
    name: 'less than one quantity left',
    counts: { confirmed: 33, sold_out: 10 },
    verification: { sold: 99, orders: 33 },
    quantity: 3,
    broken: [],
  },
  {
    name: 'one whole quantity left',
    counts: { confirmed: 32, sold_out: 10 },
    verification: { sold: 96, orders: 32 },
    quantity: 3,
    broken: ['undersold'],
  },
  {
    name: 'naive: more sold than there was, stock wrong',
    counts: { confirmed: 200 },
    verification: { sold: 200, stock: 86, movements: -100 },
    broken: ['final stock', 'sum of stock movements', 'oversold'],
  },
  {
    name: 'oversold although the engine says 0',
    counts: { confirmed: 101 },
    verification: { sold: 101, oversold: 0 },
    broken: ['oversold'],
  },
  {
    name: 'restocked units may be sold',
    counts: { confirmed: 120 },
    verification: { restocked: 20, sold: 120 },
    broken: [],
  },
  {
    name: 'an unbooked change of stock',
    counts: { confirmed: 100 },
    verification: { movements: 3, ok: false },
    broken: ['sum of stock movements'],
  },
  { name: 'lost', counts: { confirmed: 100, sold_out: 99, lost: 1 }, broken: ['lost'] },
  { name: 'a lost one may have an order', counts: { confirmed: 99, lost: 1 }, broken: ['lost'] },
  { name: 'an unanswered one may have an order', counts: { confirmed: 99, unanswered: 1 }, broken: [] },
  {
    name: 'an order nobody was told of',
    counts: { confirmed: 99, sold_out: 1 },
    broken: ['orders in the database'],
  },
  {
    name: 'a confirmation without an order',
    counts: { confirmed: 100 },
    verification: { orders: 99, duplicates: 1, ok: false },
    broken: ['orders in the database', 'duplicates'],
  },
  {
    name: 'others bought the same product',
    counts: { confirmed: 60, sold_out: 140 },
    exclusive: false,
    broken: [],
  },
  {
    name: 'a confirmation without an order, others around',
    counts: { confirmed: 60 },
    verification: { orders: 59 },
    exclusive: false,
    broken: ['orders in the database'],
  },
  {
    name: 'two orders for one purchase',
    counts: { confirmed: 100 },
    verification: { duplicates: 1, ok: false },
    broken: ['duplicates'],
  },
  { name: 'two buyers with one order id', counts: { confirmed: 100, sharedIds: 1 }, broken: ['duplicates'] },
  {
    name: 'an outcome that changed',
    counts: { confirmed: 100, changedOutcomes: 1 },
    broken: ['changed outcomes'],
  },
  {
    name: 'a breach that only the engine knows',
    counts: { confirmed: 100 },
    verification: { ok: false },
    broken: ["breaches in the engine's own check"],
  },
]

test.each(cases)('$name', ({ counts, verification, quantity = 1, exclusive = true, broken }) => {
  const verdict = judge(figuresWith(counts), verificationWith(verification), { quantity, exclusive })
  expect(verdict.checks.filter(({ holds }) => !holds).map(({ name }) => name)).toEqual(broken)
  expect(verdict.exact).toBe(broken.length === 0)
})

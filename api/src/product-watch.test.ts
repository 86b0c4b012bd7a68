import type { ProductFacts } from '@flash-sale/shared/product-catalog.ts'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openProductWatches } from './product-watch.ts'

const startMs = Date.UTC(2026, 0, 31, 12)
const facts: ProductFacts = {
  id: 1,
  name: 'iPhone 15',
  perCustomerLimit: null,
  maxPerPurchase: 10,
  opensAtMs: null,
  closesAtMs: null,
  demo: false,
  thinkMs: 0,
  batchMax: null,
  stock: 10,
  version: 1,
  stockAtMs: 0,
  clockAheadMs: 60_000,
}

beforeEach(() => vi.useFakeTimers({ now: startMs }))
afterEach(() => vi.useRealTimers())

test('however many watch, the catalog is asked four times a second, and not at all when all are gone', async () => {
  const find = vi.fn(async () => facts)
  const watches = openProductWatches({ find })
  const stops = Array.from({ length: 100 }, () => watches.watch(facts, () => undefined))
  await vi.advanceTimersByTimeAsync(1_000)
  expect(find).toHaveBeenCalledTimes(4)
  for (const stop of stops) stop()
  expect(vi.getTimerCount()).toBe(0)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(find).toHaveBeenCalledTimes(4)
})

test('tells everybody of a change, once, and nobody of none', async () => {
  let now = facts
  const watches = openProductWatches({ find: async () => now })
  const seen: number[][] = [[], []]
  const stops = seen.map((stocks) => watches.watch(facts, ({ stock }) => stocks.push(stock)))
  await vi.advanceTimersByTimeAsync(500)
  now = { ...facts, stock: 9, version: 2 }
  await vi.advanceTimersByTimeAsync(1_000)
  expect(seen).toEqual([
    [10, 9],
    [10, 9],
  ])
  for (const stop of stops) stop()
})

test("the sale opens and closes by Postgres' clock", async () => {
  const window = { opensAtMs: startMs + 61_000, closesAtMs: startMs + 63_000 }
  const watches = openProductWatches({ find: async () => ({ ...facts, ...window }) })
  const seen: [string, string][] = []
  const stop = watches.watch({ ...facts, ...window }, ({ saleStatus, now }) => seen.push([saleStatus, now]))
  await vi.advanceTimersByTimeAsync(4_000)
  expect(seen).toEqual([
    ['upcoming', '2026-01-31T12:01:00.000Z'],
    ['open', '2026-01-31T12:01:01.000Z'],
    ['closed', '2026-01-31T12:01:03.000Z'],
  ])
  stop()
})

test('a product that cannot be looked up stays as it was shown', async () => {
  const watches = openProductWatches({ find: () => Promise.reject(new Error('no database')) })
  const show = vi.fn()
  const stop = watches.watch(facts, show)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(show).toHaveBeenCalledTimes(1)
  stop()
})

import type { Options } from 'express-rate-limit'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { memoryCounters } from './memory-counters.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const windowMs = 60_000
const countersOf = (addressesMax?: number) => {
  const store = memoryCounters(addressesMax)
  store.init?.({ windowMs } as Options)
  const hits = async (key: string) => (await store.get?.(key))?.totalHits
  return { store, hits }
}

test('counts each address for a window, which begins with its first hit', async () => {
  const { store, hits } = countersOf()
  const startMs = Date.now()
  expect(await store.increment('a')).toMatchObject({ totalHits: 1, resetTime: new Date(startMs + windowMs) })
  vi.advanceTimersByTime(windowMs - 1)
  expect(await store.increment('a')).toMatchObject({ totalHits: 2, resetTime: new Date(startMs + windowMs) })
  expect([await hits('a'), await hits('b')]).toEqual([2, undefined])
  vi.advanceTimersByTime(1)
  expect(await hits('a')).toBeUndefined()
  expect(await store.increment('a')).toMatchObject({ totalHits: 1 })
})

test('takes a hit back, but none that was not counted', async () => {
  const { store, hits } = countersOf()
  await store.decrement('a')
  await store.increment('a')
  await store.decrement('a')
  await store.decrement('a')
  expect(await hits('a')).toBe(0)
  await store.increment('a')
  await store.resetKey('a')
  expect(await hits('a')).toBeUndefined()
})

test('keeps no more addresses than it may: those whose windows began last', async () => {
  const { store, hits } = countersOf(3)
  for (const key of ['a', 'b', 'c', 'b', 'd']) await store.increment(key)
  expect(await Promise.all(['a', 'b', 'c', 'd'].map(hits))).toEqual([undefined, 2, 1, 1])
  for (let n = 0; n < 1_000; n += 1) await store.increment(`other ${n}`)
  expect(await Promise.all(['b', 'c', 'd'].map(hits))).toEqual([undefined, undefined, undefined])
})

test('a window that begins anew counts as new', async () => {
  const { store, hits } = countersOf(2)
  await store.increment('a')
  vi.advanceTimersByTime(windowMs / 2)
  await store.increment('b')
  vi.advanceTimersByTime(windowMs / 2)
  await store.increment('a')
  await store.increment('c')
  expect(await Promise.all(['a', 'b', 'c'].map(hits))).toEqual([1, undefined, 1])
})

import type { LockOverview } from '@flash-sale/shared/contract/locks.ts'
import type { BatchHeard } from '@flash-sale/shared/last-minute.ts'
import { outcomeMessage } from '@flash-sale/shared/outcome-news.ts'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type LockLook, openLockViewers } from './lock-viewers.ts'

const overview = (heardMs: number) => ({ heardMs }) as LockOverview

const viewersOf = (options: { look?: () => Promise<LockOverview>; viewersMax?: number } = {}) => {
  const looks: number[] = []
  const heard: BatchHeard[] = []
  const listeners = new Set<(message: string) => void>()
  const closing = new AbortController()
  const viewers = openLockViewers({
    look: async (heardMs) => {
      looks.push(heardMs)
      return options.look ? options.look() : overview(heardMs)
    },
    outcomes: {
      closing: closing.signal,
      hear: (listener) => {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
    },
    minute: { hear: (batch) => void heard.push(batch), forget: () => void heard.splice(0) },
    ...(options.viewersMax === undefined ? {} : { viewersMax: options.viewersMax }),
  })
  const tell = (message: string): void => {
    for (const listener of listeners) listener(message)
  }
  return { viewers, looks, heard, listeners, closing, tell }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('one look a second for all viewers, the first at once, and none when they have left', async () => {
  const { viewers, looks } = viewersOf()
  const seen: LockLook[][] = [[], []]
  const leaveFirst = viewers.follow((look) => seen[0]?.push(look))
  await vi.advanceTimersByTimeAsync(200)
  const leaveSecond = viewers.follow((look) => seen[1]?.push(look))
  await vi.advanceTimersByTimeAsync(0)
  expect({ looks: looks.length, seen: seen.map((each) => each.length) }).toEqual({ looks: 1, seen: [1, 1] })
  await vi.advanceTimersByTimeAsync(3_000)
  expect({ looks: looks.length, seen: seen.map((each) => each.length) }).toEqual({ looks: 4, seen: [4, 4] })
  leaveFirst?.()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(seen.map((each) => each.length)).toEqual([4, 5])
  leaveSecond?.()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(looks).toHaveLength(5)
  expect(vi.getTimerCount()).toBe(0)
})

test('who comes after all have left is told at once again', async () => {
  const { viewers, looks } = viewersOf()
  viewers.follow(() => undefined)?.()
  await vi.advanceTimersByTimeAsync(5_000)
  const seen: LockLook[] = []
  const leave = viewers.follow((look) => seen.push(look))
  await vi.advanceTimersByTimeAsync(0)
  expect(seen).toHaveLength(1)
  expect(looks).toHaveLength(2)
  leave?.()
})

test('questions at the same time, and within half a second, are answered by one look', async () => {
  const { viewers, looks } = viewersOf()
  await Promise.all([viewers.look(), viewers.look()])
  await vi.advanceTimersByTimeAsync(400)
  await viewers.look()
  expect(looks).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(200)
  await viewers.look()
  expect(looks).toHaveLength(2)
})

test('as many as may look do, until one leaves', () => {
  const { viewers } = viewersOf({ viewersMax: 2 })
  const leave = viewers.follow(() => undefined)
  const other = viewers.follow(() => undefined)
  expect(viewers.follow(() => undefined)).toBeUndefined()
  leave?.()
  leave?.()
  const third = viewers.follow(() => undefined)
  expect(third).toBeDefined()
  expect(viewers.follow(() => undefined)).toBeUndefined()
  other?.()
  third?.()
})

test('a look that fails is told, and the next one is another', async () => {
  let fails = true
  const { viewers } = viewersOf({
    look: async () => {
      if (fails) throw new Error('redis is away')
      return overview(0)
    },
  })
  const seen: string[] = []
  const leave = viewers.follow((look) => seen.push(look.kind === 'seen' ? 'seen' : look.reason))
  await vi.advanceTimersByTimeAsync(0)
  fails = false
  await vi.advanceTimersByTimeAsync(1_000)
  expect(seen).toEqual(['redis is away', 'seen'])
  leave?.()
})

test('batches are heard from the first look until 15 s after the last', async () => {
  const { viewers, looks, heard, listeners, tell } = viewersOf()
  const batch = { productId: 7, worker: 'w', batchSize: 3, acquireMs: 1, lockWaitMsMax: 9, settleMs: 1 }
  const message = outcomeMessage({ ...batch, settledAt: '2030-01-31T18:00:00.000Z' }, [])
  expect(listeners.size).toBe(0)
  await viewers.look()
  tell(message)
  tell('\n0192')
  tell('nonsense')
  expect(heard).toEqual([{ productId: 7, purchases: 3, lockWaitMs: 9 }])
  await vi.advanceTimersByTimeAsync(14_000)
  await viewers.look()
  expect(heard).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(14_000)
  expect(listeners.size).toBe(1)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(listeners.size).toBe(0)
  // What was heard before a gap does not count.
  await viewers.look()
  expect(heard).toEqual([])
  expect(looks).toEqual([0, 14_000, 0])
})

test('nothing is heard any more when the process closes', async () => {
  const { viewers, listeners, closing } = viewersOf()
  await viewers.look()
  closing.abort()
  expect(listeners.size).toBe(0)
  await vi.advanceTimersByTimeAsync(600)
  await viewers.look()
  expect(listeners.size).toBe(0)
  expect(vi.getTimerCount()).toBe(0)
})

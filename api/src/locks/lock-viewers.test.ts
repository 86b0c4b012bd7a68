import type { LockOverview } from '@flash-sale/shared/contract/locks.ts'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type LockLook, openLockViewers } from './lock-viewers.ts'

const overview = { at: '2030-01-31T18:00:01.000Z' } as LockOverview

const viewersOf = (options: { look?: () => Promise<LockOverview>; viewersMax?: number } = {}) => {
  const looks: number[] = []
  const viewers = openLockViewers({
    look: async () => {
      looks.push(performance.now())
      return options.look ? options.look() : overview
    },
    ...(options.viewersMax === undefined ? {} : { viewersMax: options.viewersMax }),
  })
  return { viewers, looks }
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
      return overview
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

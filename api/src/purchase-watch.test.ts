import type { PurchaseView } from '@flash-sale/shared/contract/purchase.ts'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { FoundPurchase } from './find-purchase.ts'
import type { OutcomeFollower } from './outcome-feed.ts'
import { openPurchaseWatches, type SeenPurchase } from './purchase-watch.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const view = (jobId: string): PurchaseView => ({
  jobId,
  productId: 1,
  quantity: 1,
  status: 'queued',
  acceptedAt: '2030-01-31T18:00:00.000Z',
})
const found = (jobId: string): FoundPurchase => ({ kind: 'found', customerId: 'c-1', view: view(jobId) })

const watchesOf = (look = async (jobId: string): Promise<FoundPurchase> => found(jobId)) => {
  const followers = new Map<string, OutcomeFollower>()
  const looked: string[] = []
  /** Of those that share their calls to the stores. */
  let looks = 0
  let turn: NodeJS.Immediate | undefined
  let hears = true
  const watches = openPurchaseWatches({
    feed: {
      hears: () => hears,
      follow: (jobId, follower) => {
        followers.set(jobId, follower)
        return () => void followers.delete(jobId)
      },
    },
    look: (jobId) => {
      looked.push(jobId)
      if (!turn) looks += 1
      turn ??= setImmediate(() => {
        turn = undefined
      })
      return look(jobId)
    },
  })
  const seen: SeenPurchase[] = []
  const watch = (jobId: string, lookEveryMs: number) =>
    watches.watch(jobId, lookEveryMs, (each) => void seen.push(each))
  const gap = (): void => {
    for (const follower of followers.values()) follower.onGap()
  }
  return {
    ...{ watch, seen, looked, followers, gap },
    looks: () => looks,
    deafen: () => {
      hears = false
    },
  }
}

const minuteMs = 60_000

test.each([
  [5, 12_000],
  [200, 12_000],
  [5, 2_000],
  [200, 2_000],
  [5_000, 2_000],
])(
  '%i that are watched are looked at together, twice a second at most, each about every %i ms',
  async (count, everyMs) => {
    const { watch, looked, looks } = watchesOf()
    const watching = Array.from({ length: count }, (_, n) => watch(`${n}`, everyMs))
    await vi.advanceTimersByTimeAsync(minuteMs)
    const each = new Map<string, number>()
    for (const jobId of looked) each.set(jobId, (each.get(jobId) ?? 0) + 1)
    expect(each.size).toBe(count)
    expect(Math.min(...each.values())).toBeGreaterThanOrEqual(Math.floor(minuteMs / (everyMs * 1.25 + 1_000)))
    expect(Math.max(...each.values())).toBeLessThanOrEqual(Math.floor(minuteMs / (everyMs * 0.75)))
    // 250 to a look, so that thousands take more than one each time.
    expect(looks()).toBeLessThanOrEqual(120 + looked.length / 250)
    for (const one of watching) one.stop()
    await vi.advanceTimersByTimeAsync(100)
    expect(vi.getTimerCount()).toBe(0)
  },
)

test('as long as news are heard, nobody is looked at before its time', async () => {
  const { watch, looked } = watchesOf()
  watch('a', 12_000)
  await vi.advanceTimersByTimeAsync(8_900)
  expect(looked).toEqual([])
  await vi.advanceTimersByTimeAsync(7_100)
  expect(looked).toEqual(['a'])
})

test('while none can be heard, all are looked at every two seconds', async () => {
  const { watch, looked, deafen } = watchesOf()
  watch('a', 12_000)
  deafen()
  await vi.advanceTimersByTimeAsync(3_000)
  expect(looked).toEqual(['a'])
  await vi.advanceTimersByTimeAsync(6_000)
  expect(looked.length).toBeGreaterThanOrEqual(3)
})

test('what was told is passed on without a look', () => {
  const { watch, seen, looked, followers } = watchesOf()
  watch('a', 12_000)
  followers.get('a')?.onSettled(view('a'))
  expect(seen).toEqual([{ kind: 'told', view: view('a') }])
  expect(looked).toEqual([])
})

test('news that do not say what the outcome is are looked up at once, and what was missed all together', async () => {
  const { watch, seen, looked, looks, followers, gap } = watchesOf()
  for (const jobId of ['a', 'b', 'c']) watch(jobId, 12_000)
  followers.get('b')?.onSettled(undefined)
  await vi.advanceTimersByTimeAsync(1)
  expect(looked).toEqual(['b'])
  expect(seen).toEqual([found('b')])
  gap()
  await vi.advanceTimersByTimeAsync(100)
  expect(looked).toEqual(['b', 'a', 'c', 'b'])
  expect(looks()).toBe(2)
})

test('a gap during a look is looked at again after it: that one may have read before', async () => {
  const answers: ((found: FoundPurchase) => void)[] = []
  const { watch, looked, gap } = watchesOf(() => new Promise((resolve) => void answers.push(resolve)))
  watch('a', 12_000)
  gap()
  await vi.advanceTimersByTimeAsync(1)
  gap()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(looked).toEqual(['a'])
  answers[0]?.(found('a'))
  await vi.advanceTimersByTimeAsync(100)
  expect(looked).toEqual(['a', 'a'])
})

test('who has left is told nothing more, also by a look that was under way', async () => {
  const answers: ((found: FoundPurchase) => void)[] = []
  const { watch, seen, gap } = watchesOf(() => new Promise((resolve) => void answers.push(resolve)))
  const { stop } = watch('a', 12_000)
  gap()
  await vi.advanceTimersByTimeAsync(1)
  stop()
  answers[0]?.(found('a'))
  await vi.advanceTimersByTimeAsync(100)
  expect(seen).toEqual([])
  expect(vi.getTimerCount()).toBe(0)
})

test('a look that fails is tried again at its next time', async () => {
  let fails = true
  const { watch, seen } = watchesOf(async (jobId) => {
    if (fails) throw new Error('a bug')
    return found(jobId)
  })
  watch('a', 2_000)
  await vi.advanceTimersByTimeAsync(3_000)
  fails = false
  await vi.advanceTimersByTimeAsync(3_500)
  expect(seen).not.toEqual([])
})

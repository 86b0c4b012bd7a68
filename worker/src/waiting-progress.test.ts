import type { PurchaseProgress } from '@flash-sale/shared/queue.ts'
import { expect, test, vi } from 'vitest'
import { nobodyInLine } from './lock/place-in-line.ts'
import { createProgressBudget, type Reportable, reportWaiting } from './waiting-progress.ts'

test('the budget gives a burst, then so many a second', () => {
  let nowMs = 0
  const budget = createProgressBudget(() => nowMs)
  const taken = () => Array.from({ length: 1_000 }, () => budget.take()).filter(Boolean).length
  expect(taken()).toBe(50)
  nowMs += 100
  expect(taken()).toBe(10)
  nowMs += 60_000
  expect(taken()).toBe(50)
})

test('who waits long is reported, the foremost first, as far as the budget goes; the others at the next time', async () => {
  vi.useFakeTimers({ now: 10_000, toFake: ['Date'] })
  const reported: string[] = []
  const item = (name: string, waitedMs: number): Reportable => ({
    sinceMs: 10_000 - waitedMs,
    report: async (progress: PurchaseProgress) => {
      if (progress.status === 'waiting_for_lock') reported.push(`${name} ${progress.purchasesAhead}`)
    },
  })
  const line = [item('a', 500), item('b', 400), item('late', 100), item('c', 300)]
  const budgetOf = (writes: number) => ({ take: () => writes-- > 0 })
  reportWaiting(line, 10, nobodyInLine, budgetOf(2))
  expect(reported).toEqual(['a 0', 'b 1'])
  await Promise.resolve().then(() => undefined)
  vi.setSystemTime(11_100)
  reportWaiting(line, 10, nobodyInLine, budgetOf(3))
  expect(reported.slice(2)).toEqual(['late 2', 'c 3', 'a 0'])
  vi.useRealTimers()
})

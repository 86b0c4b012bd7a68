import { expect, test } from 'vitest'
import { gatherCalls } from './gather-calls.ts'

const doubling = (calls: (readonly number[])[]) =>
  gatherCalls<number, number, number>({
    callMax: 3,
    call: async (items) => {
      calls.push(items)
      if (items.includes(99)) throw new Error('away')
      return items.map((item) => item * 2)
    },
    resultOf: (reply, item) => {
      if (item === 13) throw new Error('unlucky')
      return reply ?? 0
    },
  })

test('what is asked for in one turn shares calls of a limited size, in order', async () => {
  const calls: (readonly number[])[] = []
  const ask = doubling(calls)
  expect(await Promise.all([1, 2, 3, 4].map(ask))).toEqual([2, 4, 6, 8])
  expect(await ask(5)).toBe(10)
  expect(calls).toEqual([[1, 2, 3], [4], [5]])
})

test('a call that fails fails for all of it, a reply that cannot be read for its item only', async () => {
  const ask = doubling([])
  const settled = await Promise.allSettled([1, 13, 2, 99, 3].map(ask))
  expect(settled.map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)))).toEqual([
    2,
    'Error: unlucky',
    4,
    'Error: away',
    'Error: away',
  ])
})

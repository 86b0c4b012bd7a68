import { type Database, DatabaseUnavailableError, type Sql } from '@flash-sale/shared/postgres.ts'
import { expect, test, vi } from 'vitest'
import { openPurchaseRows } from './purchase-rows.ts'

/** Answers queries when the test says so; knows the ids that start with `known`. */
const database = () => {
  const queries: { ids: string[]; answer: () => void; fail: (error: Error) => void }[] = []
  const sql = (_text: unknown, ids: string[]) =>
    new Promise((resolve, reject) => {
      const rows = ids.filter((id) => id.startsWith('known')).map((id) => ({ id }))
      queries.push({ ids, answer: () => resolve(rows), fail: reject })
    })
  const run: Database['run'] = (_what, statement) => statement(sql as unknown as Sql)
  const rows = openPurchaseRows({ run, close: async () => undefined })
  const seen = (count: number) => vi.waitFor(() => expect(queries).toHaveLength(count), { interval: 1 })
  /** The nth query, as soon as it is sent. */
  const query = async (n: number) => {
    await vi.waitFor(() => expect(queries.length).toBeGreaterThanOrEqual(n), { interval: 1 })
    const found = queries[n - 1]
    if (!found) throw new Error(`there is no query ${n}`)
    return found
  }
  return { rows, queries, seen, query }
}

const patienceMs = 5_000

test('what is asked for together is one query, and everybody gets his row', async () => {
  const { rows, queries, query } = database()
  const asked = ['known-1', 'known-2', 'other', 'known-1'].map((id) => rows.find(id, patienceMs))
  const first = await query(1)
  expect(first.ids).toEqual(['known-1', 'known-2', 'other'])
  first.answer()
  expect(await Promise.all(asked)).toEqual([
    { id: 'known-1' },
    { id: 'known-2' },
    undefined,
    { id: 'known-1' },
  ])
  expect(queries).toHaveLength(1)
})

test('what comes while a query is under way waits for the next, also when it is the same id', async () => {
  const { rows, query } = database()
  const before = rows.find('known-1', patienceMs)
  const first = await query(1)
  const after = ['known-1', 'known-2'].map((id) => rows.find(id, patienceMs))
  first.answer()
  expect(await before).toEqual({ id: 'known-1' })
  const second = await query(2)
  expect(second.ids).toEqual(['known-1', 'known-2'])
  second.answer()
  expect(await Promise.all(after)).toEqual([{ id: 'known-1' }, { id: 'known-2' }])
})

test('a query asks for at most 500 ids', async () => {
  const { rows, query } = database()
  const asked = Array.from({ length: 1_100 }, (_, n) => rows.find(`known-${n}`, patienceMs))
  const sizes: number[] = []
  for (const n of [1, 2, 3]) {
    const { ids, answer } = await query(n)
    sizes.push(ids.length)
    answer()
  }
  expect(sizes).toEqual([500, 500, 100])
  expect((await Promise.all(asked)).map((row) => row?.id)).toEqual(asked.map((_, n) => `known-${n}`))
})

test('a query that fails is the fault of those who asked by it, the next ones are served', async () => {
  const { rows, query } = database()
  const failing = [rows.find('known-1', patienceMs), rows.find('known-2', patienceMs)]
  const first = await query(1)
  const served = rows.find('known-3', patienceMs)
  first.fail(new DatabaseUnavailableError('gone'))
  for (const { status } of await Promise.allSettled(failing)) expect(status).toBe('rejected')
  ;(await query(2)).answer()
  expect(await served).toEqual({ id: 'known-3' })
})

test('nobody waits longer than his patience, and what nobody waits for is not asked', async () => {
  const { rows, seen, query } = database()
  const hasty = rows.find('known-1', 5)
  const first = await query(1)
  const hastyToo = rows.find('known-2', 5)
  await expect(hasty).rejects.toThrow(DatabaseUnavailableError)
  await expect(hastyToo).rejects.toThrow(DatabaseUnavailableError)
  const patient = rows.find('known-3', patienceMs)
  first.answer()
  const second = await query(2)
  expect(second.ids).toEqual(['known-3'])
  second.answer()
  expect(await patient).toEqual({ id: 'known-3' })
  await seen(2)
})

test('20,000 may wait, the next is refused at once', async () => {
  const { rows, query } = database()
  const first = rows.find('known', patienceMs)
  await query(1)
  const asked = Array.from({ length: 20_000 }, () => rows.find('known', 100).catch(() => 'given up'))
  await expect(rows.find('known', patienceMs)).rejects.toThrow(/20000 others wait/)
  expect(new Set(await Promise.all(asked))).toEqual(new Set(['given up']))
  ;(await query(1)).answer()
  expect(await first).toEqual({ id: 'known' })
  const next = rows.find('known', patienceMs)
  ;(await query(2)).answer()
  expect(await next).toEqual({ id: 'known' })
})

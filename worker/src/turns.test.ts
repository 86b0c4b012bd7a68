import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTurns } from './turns.ts'

const never = new AbortController().signal
const settled = () => new Promise((resolve) => setImmediate(resolve))

test('turns are given in order, so many at a time', async () => {
  const turns = createTurns(2)
  const started: number[] = []
  const ends: (() => void)[] = []
  for (const n of [1, 2, 3, 4]) {
    void turns.take(never).then((end) => {
      started.push(n)
      ends[n] = end
    })
  }
  await settled()
  expect(started).toEqual([1, 2])
  ends[2]?.()
  ends[2]?.()
  await settled()
  expect(started).toEqual([1, 2, 3])
  ends[1]?.()
  await settled()
  expect(started).toEqual([1, 2, 3, 4])
})

test('who gives up leaves the line, and takes nobody else’s turn', async () => {
  const turns = createTurns(1)
  const end = await turns.take(never)
  const leaving = new AbortController()
  const left = turns.take(leaving.signal)
  const patient = turns.take(never)
  leaving.abort(new Error('stopping'))
  await expect(left).rejects.toThrow('stopping')
  await expect(turns.take(leaving.signal)).rejects.toThrow('stopping')
  end()
  expect(await patient).toBeTypeOf('function')
})

test('never more than so many at a time, and everybody gets a turn', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.nat(3), { maxLength: 30 }),
      async (max, lengths) => {
        const turns = createTurns(max)
        let now = 0
        let most = 0
        await Promise.all(
          lengths.map(async (length) => {
            const end = await turns.take(never)
            now += 1
            most = Math.max(most, now)
            for (let tick = 0; tick < length; tick += 1) await settled()
            now -= 1
            end()
          }),
        )
        expect(now).toBe(0)
        expect(most).toBeLessThanOrEqual(max)
      },
    ),
    { numRuns: 50 },
  )
})

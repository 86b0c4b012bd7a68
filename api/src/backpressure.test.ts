import { afterEach, expect, it } from 'vitest'
import { type Backpressure, type BackpressureOptions, watchLoad } from './backpressure.ts'

let backpressure: Backpressure | undefined
afterEach(() => backpressure?.close())

/** A queue of this depth that settles `settledPerLook` between two looks. */
const queueOf = (depth: () => number, settledPerLook: number): BackpressureOptions['queues'][number] => {
  let settled = 0
  return {
    getJobCounts: async () => ({ waiting: depth() - 1, active: 1, delayed: 0 }),
    getMetrics: async () => {
      settled += settledPerLook
      return { meta: { count: settled, prevTS: 0, prevCount: 0 }, data: [], count: 0 }
    },
  }
}

it('lets purchases in while there is room, and refuses with a time to come back when there is none', async () => {
  let depth = 10
  backpressure = watchLoad({ queues: [queueOf(() => depth, 50)], depthMax: 100, lagMsMax: 60_000 })
  expect(backpressure.refusal()).toBeUndefined()
  depth = 1_000
  await expect.poll(() => backpressure?.refusal()?.code, { timeout: 5_000 }).toBe('queue-full')
  // 910 too many at about 50 a quarter of a second: some seconds, not the longest there is.
  await expect.poll(() => backpressure?.refusal()?.retryAfterS, { timeout: 5_000 }).toBeLessThan(60)
  expect(backpressure.refusal()?.retryAfterS).toBeGreaterThan(1)
  depth = 99
  await expect.poll(() => backpressure?.refusal(), { timeout: 5_000 }).toBeUndefined()
})

it('refuses while this process is behind with its work', async () => {
  backpressure = watchLoad({ queues: [queueOf(() => 1, 1)], depthMax: 100, lagMsMax: 20 })
  const block = (): void => {
    const until = performance.now() + 120
    while (performance.now() < until) Math.sqrt(until)
  }
  await expect
    .poll(
      () => {
        block()
        return backpressure?.refusal()?.code
      },
      { timeout: 10_000, interval: 10 },
    )
    .toBe('overloaded')
  await expect.poll(() => backpressure?.refusal(), { timeout: 10_000 }).toBeUndefined()
})

it('keeps the last depth while Redis is away', async () => {
  let away = false
  const queue = queueOf(() => 1_000, 1)
  const looks = { sinceAway: 0 }
  backpressure = watchLoad({
    queues: [
      {
        ...queue,
        getJobCounts: async () => {
          if (!away) return { waiting: 1_000 }
          looks.sinceAway += 1
          throw new Error('away')
        },
      },
    ],
    depthMax: 100,
    lagMsMax: 60_000,
  })
  await expect.poll(() => backpressure?.refusal()?.code, { timeout: 5_000 }).toBe('queue-full')
  away = true
  await expect.poll(() => looks.sinceAway, { timeout: 5_000 }).toBeGreaterThan(1)
  expect(backpressure.refusal()?.code).toBe('queue-full')
})

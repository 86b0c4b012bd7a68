import { afterEach, expect, it, test } from 'vitest'
import { type Backpressure, openBackpressure } from './backpressure.ts'

let backpressure: Backpressure | undefined
afterEach(() => backpressure?.close())

const loadOf = (depth: number, perS: number) => ({ depth: () => depth, drainPerS: () => perS })

test.each([
  ['lets purchases in while there is room', 99, 0, undefined],
  ['says when there is room again: 910 too many at 200 a second', 1_000, 200, 5],
  ['a second at least', 100, 10_000, 1],
  ['a minute at most, also while the speed is unknown', 1_000_000, 0, 60],
])('%s', (_what, depth, perS, retryAfterS) => {
  backpressure = openBackpressure({ load: loadOf(depth, perS), depthMax: 100, lagMsMax: 60_000 })
  const refusal = backpressure.refusal()
  expect(refusal?.retryAfterS).toBe(retryAfterS)
  expect(refusal?.code).toBe(retryAfterS === undefined ? undefined : 'queue-full')
})

it('refuses while this process is behind with its work', async () => {
  backpressure = openBackpressure({ load: loadOf(1, 1), depthMax: 100, lagMsMax: 20 })
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

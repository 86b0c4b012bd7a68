import { expect, test } from 'vitest'
import { planOf } from './plan.ts'
import { fullSizes, quickSizes } from './sizes.ts'
import { defaultMeasures } from './step.ts'

const seconds = (sizes: typeof fullSizes, rounds: number): number =>
  planOf(defaultMeasures, sizes, { volatileRedis: true }).reduce(
    (sum, step) => sum + step.estimateS * Math.min(rounds, step.roundsMax ?? rounds),
    0,
  )

test('a full run is meant to end within 35 minutes, a quick one within six minutes', () => {
  expect(seconds(fullSizes, 3)).toBeLessThan(35 * 60)
  expect(seconds(quickSizes, 1)).toBeLessThan(6 * 60)
})

test('some measures only', () => {
  const steps = planOf(['polls', 'memory'], fullSizes, { volatileRedis: true })
  expect(new Set(steps.map(({ measure }) => measure))).toEqual(new Set(['polls', 'memory']))
})

test('a given Redis has no sibling without AOF to be compared with', () => {
  const steps = planOf(defaultMeasures, fullSizes, { volatileRedis: false })
  expect(steps.some(({ measure }) => measure === 'aof')).toBe(false)
})

import { expect, test } from 'vitest'
import { leftText, type Run, runPlan } from './run-plan.ts'
import type { Step } from './step.ts'
import type { BenchStores } from './stores.ts'

const stores: BenchStores = {
  databaseUrl: '',
  redisUrl: '',
  volatileRedisUrl: undefined,
  pids: { postgres: undefined, redis: undefined, volatileRedis: undefined },
  stop: async () => undefined,
}

interface Rig {
  steps: Step[]
  rounds: number
  signal?: AbortSignal
}

const runOf = async ({ steps, rounds, signal = new AbortController().signal }: Rig) => {
  const lines: string[] = []
  const run: Run = { samples: [], failures: [] }
  await runPlan(run, { steps, rounds, stores, signal, say: (line) => lines.push(line) })
  return { ...run, lines }
}

const step = (label: string, run: Step['run'], roundsMax?: number): Step => ({
  measure: 'drain',
  label,
  estimateS: 10,
  ...(roundsMax === undefined ? {} : { roundsMax }),
  run,
})

const measuring = (contender: string, value = 1_234): Step['run'] => {
  return async () => [{ contender, situation: '', unit: 'settled/s', value }]
}

test('rounds interleave the contenders', async () => {
  const steps = [step('a', measuring('a')), step('b', measuring('b'), 1), step('c', measuring('c'))]
  const { samples, failures, lines } = await runOf({ steps, rounds: 2 })
  expect(samples.map(({ round, contender }) => `${round}${contender}`)).toEqual([
    '1a',
    '1b',
    '1c',
    '2a',
    '2c',
  ])
  expect(failures).toEqual([])
  expect(lines[1]).toMatch(/^\[1\/5\] round 1 {2}drain: a {2}1,234 settled\/s {2}\(about .* left\)$/)
})

test('what fails is noted, and the others go on', async () => {
  const broken = step('broken', async () => {
    throw new Error('no such thing')
  })
  const { samples, failures, lines } = await runOf({ steps: [broken, step('b', measuring('b'))], rounds: 2 })
  expect(samples).toHaveLength(2)
  expect(failures).toEqual(
    [1, 2].map((round) => ({ measure: 'drain', label: 'broken', round, reason: 'no such thing' })),
  )
  expect(lines.join('\n')).toMatch(/drain: broken {2}FAILED.*\n {4}no such thing/)
})

test('a step sees what was measured before it', async () => {
  const seen: number[] = []
  const looking = step('looking', async ({ samples }) => {
    seen.push(samples.length)
    return []
  })
  await runOf({ steps: [step('a', measuring('a')), looking], rounds: 2 })
  expect(seen).toEqual([1, 2])
})

test('broken off: nothing is begun any more, and what fails because of it is no failure', async () => {
  const asked = new AbortController()
  const ending = step('ending', async () => {
    asked.abort()
    throw new Error('the store is gone')
  })
  const { samples, failures } = await runOf({
    steps: [step('a', measuring('a')), ending, step('b', measuring('b'))],
    rounds: 1,
    signal: asked.signal,
  })
  expect(samples.map(({ contender }) => contender)).toEqual(['a'])
  expect(failures).toEqual([])
})

test.each([
  [4, 'about 10 s left'],
  [89, 'about 90 s left'],
  [150, 'about 3 min left'],
])('%d s are %s', (leftS, text) => {
  expect(leftText(leftS)).toBe(text)
})

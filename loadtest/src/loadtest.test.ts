import { expect, test } from 'vitest'
import { type Faults, fakeEngine } from '../test/fake-engine.ts'
import { serve } from '../test/http-server.ts'
import { figuresRecordOf } from './figures-record.ts'
import { runLoadTest } from './loadtest.ts'
import { parseOptions } from './options.ts'
import { paintFor } from './paint.ts'

const watch = () => () => () => undefined

/** Runs the load test with the given arguments against an engine in memory. */
async function runAgainst(faults: Faults, ...args: string[]) {
  const engine = fakeEngine(faults)
  const parsed = parseOptions(['--buyers', '20', '--stock', '10', '--admin', 'hunter2', ...args])
  if (parsed.kind !== 'run') throw new Error(JSON.stringify(parsed))
  const target = {
    origin: await serve(engine.handler),
    adminToken: 'hunter2',
    booted: false,
  }
  const result = await runLoadTest(parsed.options, target, paintFor(false), watch)
  return {
    ...result,
    engine,
    record: figuresRecordOf({ ...result, date: '2026-11-23T12:00:00.000Z', options: parsed.options, target }),
  }
}

test('an exact engine: exit code 0', async () => {
  const { exitCode, runs, engine } = await runAgainst({})
  expect(exitCode).toBe(0)
  expect(runs).toHaveLength(1)
  expect(runs[0]?.figures).toMatchObject({ accepted: 20, outcomes: { confirmed: 10, sold_out: 10 }, lost: 0 })
  expect(new Set(engine.purchases.map(({ customerId }) => customerId)).size).toBe(20)
  expect(engine.purchases.every((purchase) => !('strategy' in purchase))).toBe(true)
})

test('two runs have different customers', async () => {
  const [first, second] = [await runAgainst({}), await runAgainst({})]
  const customers = [first, second].flatMap(({ engine }) =>
    engine.purchases.map(({ customerId }) => customerId),
  )
  expect(new Set(customers).size).toBe(40)
})

test('what a product is made of', async () => {
  const { engine } = await runAgainst({}, '--strategy', 'naive', '--think', '5', '--batch-max', '3')
  expect(engine.products).toEqual([
    { name: expect.any(String), stock: 10, demo: true, perCustomerLimit: null, thinkMs: 5, batchMax: 3 },
  ])
  expect(engine.purchases.every(({ strategy }) => strategy === 'naive')).toBe(true)
})

test('--product resets the product', async () => {
  const { engine, exitCode } = await runAgainst({}, '--product', '7')
  expect(engine.products).toEqual([{ stock: 10 }])
  expect(exitCode).toBe(0)
})

test('more connections than the engine needs, and fewer', async () => {
  expect((await runAgainst({}, '--connections', '1')).exitCode).toBe(0)
})

test('answers that are lost: sent again, and accepted once', async () => {
  const { exitCode, runs, engine, text } = await runAgainst({ losesAnswers: 4 })
  expect(exitCode).toBe(0)
  expect(runs[0]?.figures).toMatchObject({ accepted: 20, unanswered: 0, retried: 5, replayed: 5 })
  expect(engine.purchases).toHaveLength(20)
  expect(text).toMatch(/POSTs sent again +5\n/)
})

test('--retry-lost: what was forgotten is sent again', async () => {
  const { exitCode, runs } = await runAgainst({ forgetsEvery: 5 }, '--retry-lost')
  expect(exitCode).toBe(0)
  expect(runs[0]).toMatchObject({
    settings: { retryLost: true },
    figures: { accepted: 20, lost: 0, retried: 4, outcomes: { confirmed: 10, sold_out: 10 } },
  })
})

test.each<[string, Faults, string[], string]>([
  ['oversells', { oversells: true }, [], 'oversold'],
  ['forgets purchases', { forgetsEvery: 5 }, [], 'lost'],
  ['changes outcomes', { changesItsMind: true }, [], 'changed outcomes'],
  ['never settles', { neverSettles: true }, ['--timeout', '1'], 'lost'],
])('an engine that %s: exit code 3', async (_name, faults, args, broken) => {
  const { exitCode, runs } = await runAgainst(faults, ...args)
  expect(exitCode).toBe(3)
  expect(runs[0]?.verdict.checks.find(({ name }) => name === broken)).toMatchObject({ holds: false })
})

test.each<[string, Faults, RegExp]>([
  ['refuses the credentials', { refusesAdmin: true }, /refuses the admin's token/],
  [
    'accepts nothing',
    { refusesPurchases: 403 },
    /no purchase was accepted, 20 of them because of sale-not-open: The sale/,
  ],
])('an engine that %s cannot be tested', async (_name, faults, message) => {
  await expect(runAgainst(faults)).rejects.toThrow(message)
})

test('--compare: naive that is exact proves nothing', async () => {
  const { exitCode, text, runs } = await runAgainst({}, '--compare')
  expect(exitCode).toBe(3)
  expect(runs.map(({ settings }) => settings.strategy)).toEqual(['naive', 'locked'])
  expect(text).toContain('Locked is exact, but so is naive')
})

test('what --json keeps: every figure, no secret', async () => {
  const { record } = await runAgainst({}, '--batch-max', '3')
  const kept = JSON.stringify(record)
  expect(kept).not.toContain('hunter2')
  expect(JSON.parse(kept)).toMatchObject({
    date: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    versions: { loadtest: expect.any(String), node: process.versions.node },
    engine: { booted: false },
    settings: { buyers: 20, batchMax: 3 },
    runs: [
      {
        settings: { strategy: 'locked' },
        figures: { accepted: 20 },
        verification: { sold: 10 },
        verdict: { exact: true },
      },
    ],
    exitCode: 0,
  })
})

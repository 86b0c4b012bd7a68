import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Engine, startEngine } from '@flash-sale/local/engine.ts'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const stores = isolatedStores()
let engine: Engine
/** Refuses at the door what is sold out: how many are accepted is then a matter of time. */
let doorkeeper: Engine
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'loadtest-e2e-'))
  const [open, guarded] = await Promise.all([
    startEngine({ ...stores, workers: 2, env: { SOLD_OUT_FAST_PATH: 'false' } }),
    startEngine({ ...stores, workers: 0 }),
  ])
  engine = open
  doorkeeper = guarded
})
afterAll(async () => {
  await Promise.all([engine?.stop(), doorkeeper?.stop()])
  await rm(directory, { recursive: true, force: true })
})

/** Runs the real command to its end. */
async function loadtest(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'loadtest/src/main.ts', ...args], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const [code] = await once(child, 'close')
  return { code, stdout, stderr }
}

const against = (target: Engine = engine): string[] => ['--url', target.url, '--admin', target.admin.token]

test('200 buyers and 100 units: exactly 100 orders, none left', async () => {
  const file = join(directory, 'figures.json')
  const { code, stdout, stderr } = await loadtest(...against(), '--json', file)
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('locked: accepted 200') })
  expect(stdout).toContain('Every invariant holds: 100 units sold, 0 left.')
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
    engine: { url: engine.url, booted: false },
    runs: [
      {
        figures: {
          accepted: 200,
          outcomes: { confirmed: 100, sold_out: 100 },
          lost: 0,
          latency: { batchSize: { count: 200 } },
        },
        verification: {
          initialStock: 100,
          sold: 100,
          orders: 100,
          stock: 0,
          oversold: 0,
          undersold: 0,
          duplicates: 0,
          ok: true,
        },
      },
    ],
    exitCode: 0,
  })
})

test('three units each of 100: one is left, and that is right', async () => {
  const { code, stdout } = await loadtest(...against(), '--quantity', '3', '--buyers', '60')
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('99 units sold, 1 left.') })
})

test('one purchase per lock', async () => {
  const args = ['--buyers', '30', '--stock', '10', '--batch-max', '1', '--think', '5']
  const { code, stdout } = await loadtest(...against(), ...args)
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/batch size( +1){4}\n/) })
})

test('naive oversells', async () => {
  const { code, stdout } = await loadtest(...against(), '--strategy', 'naive')
  expect({ code, stdout }).toEqual({
    code: 3,
    stdout: expect.stringMatching(/OVERSOLD: \d+ units sold of 100/),
  })
})

test('naive and locked side by side', async () => {
  const { code, stdout } = await loadtest(...against(), '--compare')
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^Naive sold \d+ of 100 units; locked sold 100/m),
  })
})

test('a product that is given is reset; one that is not there is said so', async () => {
  const { runs } = await (async () => {
    const file = join(directory, 'first.json')
    await loadtest(...against(), '--buyers', '5', '--stock', '3', '--json', file)
    return JSON.parse(await readFile(file, 'utf8')) as { runs: [{ verification: { productId: number } }] }
  })()
  const id = String(runs[0].verification.productId)
  const again = await loadtest(...against(), '--buyers', '9', '--stock', '4', '--product', id)
  expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('4 units sold, 0 left.') })

  const unknown = await loadtest(...against(), '--product', '2147483647')
  expect(unknown).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('resetting product 2147483647: unknown-product'),
  })
})

test.each([
  [['--buyers', 'many'], 2, /^loadtest: --buyers: expected a whole number from 1 to 100000, got "many"\n/],
  [['--json', '/nowhere/figures.json'], 2, /^loadtest: --json: expected a file that can be written/],
  [
    ['--url', 'http://127.0.0.1:9'],
    1,
    /^loadtest: nothing answers at http:\/\/127\.0\.0\.1:9 .*\n {2}start the engine with: npm start\n/,
  ],
])('%j ends with %i', async (args, code, message) => {
  expect(await loadtest(...args)).toEqual({ code, stdout: '', stderr: expect.stringMatching(message) })
})

test('a wrong admin token', async () => {
  const { code, stderr } = await loadtest('--url', engine.url, '--admin', 'wrong')
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining("refuses the admin's token"),
  })
})

test('--help', async () => {
  expect(await loadtest('--help')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('--compare'),
    stderr: '',
  })
})

test('refused at the door: exactly what there is is sold, and the run is in order', async () => {
  const { code, stdout } = await loadtest(
    ...against(doorkeeper),
    '--buyers',
    '1500',
    '--stock',
    '20',
    '--connections',
    '50',
  )
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringContaining('Every invariant holds: 20 units sold, 0 left.'),
  })
  expect(stdout).toContain('sold-out')
})

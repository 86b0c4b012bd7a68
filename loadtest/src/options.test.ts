import { expect, test } from 'vitest'
import { parseOptions } from './options.ts'

const optionsOf = (...args: string[]) => {
  const parsed = parseOptions(args)
  if (parsed.kind !== 'run') throw new Error(`expected options, got ${JSON.stringify(parsed)}`)
  return parsed.options
}

test('nothing given: 200 buyers, 100 units, the locked strategy', () => {
  expect(optionsOf()).toEqual({
    buyers: 200,
    stock: 100,
    quantity: 1,
    connections: 200,
    strategy: 'locked',
    compare: false,
    thinkMs: 0,
    batchMax: undefined,
    productId: undefined,
    url: undefined,
    adminToken: undefined,
    jsonFile: undefined,
    reportFile: undefined,
    junitFile: undefined,
    timeoutMs: 120_000,
    retryLost: false,
    seed: expect.any(Number),
  })
})

test('everything given', () => {
  const given = optionsOf(
    '--buyers',
    '5000',
    '--stock=0',
    '--quantity',
    '10',
    '--connections',
    '64',
    '--strategy',
    'naive',
    '--think',
    '7',
    '--batch-max',
    '50',
    '--url',
    'http://10.0.0.1:8080/',
    '--admin',
    'abc-def',
    '--json',
    'out.json',
    '--report',
    'out.html',
    '--junit=out.xml',
    '--seed',
    '0',
    '--timeout',
    '9',
    '--retry-lost',
  )
  expect(given).toEqual({
    buyers: 5000,
    stock: 0,
    quantity: 10,
    connections: 64,
    strategy: 'naive',
    compare: false,
    thinkMs: 7,
    batchMax: 50,
    productId: undefined,
    url: 'http://10.0.0.1:8080',
    adminToken: 'abc-def',
    jsonFile: 'out.json',
    reportFile: 'out.html',
    junitFile: 'out.xml',
    seed: 0,
    timeoutMs: 9_000,
    retryLost: true,
  })
})

test.each([
  [['--strategy', 'naive'], 100],
  [['--compare'], 100],
  [['--compare', '--think', '0'], 0],
  [['--strategy', 'locked'], 0],
])('think time of %j is %i ms', (args, thinkMs) => {
  expect(optionsOf(...args).thinkMs).toBe(thinkMs)
})

test.each([
  [['--buyers', '10'], 10],
  [['--buyers', '10', '--connections', '50'], 10],
  [['--buyers', '5000'], 200],
  [['--buyers', '5000', '--connections', '500'], 500],
])('connections of %j: %i', (args, connections) => {
  expect(optionsOf(...args).connections).toBe(connections)
})

test('--help wins over what else is well-formed', () => {
  expect(parseOptions(['--buyers', '5', '--help'])).toEqual({ kind: 'help' })
})

const notFrom = (min: number, max: number, got: string) =>
  `expected a whole number from ${min} to ${max}, got ${got}`

test.each([
  [['--buyers', '0'], `--buyers: ${notFrom(1, 100_000, '"0"')}`],
  [['--buyers', '100001'], `--buyers: ${notFrom(1, 100_000, '"100001"')}`],
  [['--buyers', '-5'], `--buyers: ${notFrom(1, 100_000, '"-5"')}`],
  [['--buyers', '1.5'], `--buyers: ${notFrom(1, 100_000, '"1.5"')}`],
  [['--buyers', '1e3'], `--buyers: ${notFrom(1, 100_000, '"1e3"')}`],
  [['--buyers', '0x10'], `--buyers: ${notFrom(1, 100_000, '"0x10"')}`],
  [['--buyers', ''], `--buyers: ${notFrom(1, 100_000, '""')}`],
  [['--buyers', 'many'], `--buyers: ${notFrom(1, 100_000, '"many"')}`],
  [['--buyers'], '--buyers: expected a value, got nothing'],
  [['--buyers', '--stock', '5'], `--buyers: ${notFrom(1, 100_000, '"--stock"')}`],
  [['--stock', '-1'], `--stock: ${notFrom(0, 1_000_000_000, '"-1"')}`],
  [['--stock', '1000000001'], `--stock: ${notFrom(0, 1_000_000_000, '"1000000001"')}`],
  [['--quantity', '0'], `--quantity: ${notFrom(1, 10, '"0"')}`],
  [['--quantity', '11'], `--quantity: ${notFrom(1, 10, '"11"')}`],
  [['--connections', '0'], `--connections: ${notFrom(1, 4_096, '"0"')}`],
  [['--think', '10001'], `--think: ${notFrom(0, 10_000, '"10001"')}`],
  [['--batch-max', '0'], `--batch-max: ${notFrom(1, 5_000, '"0"')}`],
  [['--product', '0'], `--product: ${notFrom(1, 2_147_483_647, '"0"')}`],
  [['--product', '99999999999'], `--product: ${notFrom(1, 2_147_483_647, '"99999999999"')}`],
  [['--timeout', '0'], `--timeout: ${notFrom(1, 3_600, '"0"')}`],
  [['--strategy', 'fast'], '--strategy: expected locked or naive, got "fast"'],
  [['--strategy', 'Naive'], '--strategy: expected locked or naive, got "Naive"'],
  [
    ['--url', 'localhost:3000'],
    '--url: expected an address like http://localhost:3000, got "localhost:3000"',
  ],
  [['--url', 'ftp://x'], '--url: expected an address like http://localhost:3000, got "ftp://x"'],
  [['--url', ''], '--url: expected an address like http://localhost:3000, got ""'],
  [
    ['--url', 'http://x/api'],
    '--url: expected an address like http://localhost:3000, without a path, got "http://x/api"',
  ],
  [['--admin', 'user:secret'], "--admin: expected an admin's token, got something else"],
  [['--admin', ''], "--admin: expected an admin's token, got something else"],
  [['--json', ''], '--json: expected a file name, got ""'],
  [['--report', ''], '--report: expected a file name, got ""'],
  [['--junit'], '--junit: expected a value, got nothing'],
  [['--seed', '-1'], `--seed: ${notFrom(0, 2_147_483_647, '"-1"')}`],
  [
    ['--report', 'x', '--junit', './x'],
    'expected a file of its own for each of --json, --report and --junit, got "x", "./x"',
  ],
  [['--compare=yes'], '--compare: expected no value, got "yes"'],
  [['--retry-lost=3'], '--retry-lost: expected no value, got "3"'],
  [['--compare', '--strategy', 'naive'], 'expected --compare or --strategy, got both'],
  [['--product', '1', '--think', '5'], 'expected --product or --think, got both'],
  [['--product', '1', '--batch-max', '5'], 'expected --product or --batch-max, got both'],
  [['--buyer', '5'], 'expected a known option, got --buyer'],
  [['--__proto__', '5'], 'expected a known option, got --__proto__'],
  [['-b', '5'], 'expected a known option, got -b'],
  [['200'], 'expected an option, got "200"'],
])('%j is bad usage', (args, message) => {
  expect(parseOptions(args)).toEqual({ kind: 'bad-usage', message, hint: expect.any(String) })
})

test('a password in --url is not repeated', () => {
  const parsed = parseOptions(['--url', 'http://admin:hunter2@localhost:3000'])
  expect(parsed).toMatchObject({ kind: 'bad-usage', hint: 'give the token as --admin TOKEN' })
  expect(JSON.stringify(parsed)).not.toContain('hunter2')
})

import { randomInt } from 'node:crypto'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Strategy } from '@flash-sale/shared/contract/purchase.ts'
import { type Read, readAddress, readFileName, readStrategy, readToken, wholeNumber } from './values.ts'

/** A command line that makes sense, with every default filled in. */
export interface Options {
  buyers: number
  stock: number
  quantity: number
  connections: number
  strategy: Strategy
  compare: boolean
  thinkMs: number
  /** Undefined: the worker's own limit. */
  batchMax: number | undefined
  /** Undefined: a demo product is made for the run. */
  productId: number | undefined
  /** Origin of a running engine; undefined: the default one, or an engine of our own. */
  url: string | undefined
  adminToken: string | undefined
  jsonFile: string | undefined
  /** The report as a page. */
  reportFile: string | undefined
  /** The verdict as JUnit XML. */
  junitFile: string | undefined
  timeoutMs: number
  /** Sends a purchase again that was accepted and then forgotten. */
  retryLost: boolean
  /** Fixes the random part of the buyers' pauses before they send a purchase again. */
  seed: number
}

export type Parsed =
  | { kind: 'run'; options: Options }
  | { kind: 'help' }
  | { kind: 'bad-usage'; message: string; hint: string }

/** Naive needs time between its read and its write, else a fast database hides the race. */
const naiveThinkMsDefault = 100
const connectionsDefaultMax = 200
const seedMax = 2_147_483_647

// The upper limits of quantity, stock, think, batch-max and product are those of the API's contract.
const values = {
  buyers: wholeNumber(1, 100_000),
  stock: wholeNumber(0, 1_000_000_000),
  quantity: wholeNumber(1, 10),
  connections: wholeNumber(1, 4_096),
  strategy: readStrategy,
  think: wholeNumber(0, 10_000),
  'batch-max': wholeNumber(1, 5_000),
  product: wholeNumber(1, 2_147_483_647),
  url: readAddress,
  admin: readToken,
  json: readFileName,
  report: readFileName,
  junit: readFileName,
  seed: wholeNumber(0, seedMax),
  timeout: wholeNumber(1, 3_600),
} as const
type ValueName = keyof typeof values
type Values = { [Name in ValueName]?: Extract<ReturnType<(typeof values)[Name]>, { ok: true }>['value'] }

/** Options that name a file to be written. */
const outputNames = ['json', 'report', 'junit'] as const

const switches = ['compare', 'retry-lost', 'help'] as const
type SwitchName = (typeof switches)[number]

const isValueName = (name: string): name is ValueName => Object.hasOwn(values, name)
const isSwitchName = (name: string): name is SwitchName => switches.some((known) => known === name)

const seeHelp = 'see npm run loadtest -- --help'
const badUsage = (message: string, hint = seeHelp): Parsed => ({ kind: 'bad-usage', message, hint })
const shown = (value: string | undefined): string => (value === undefined ? 'nothing' : JSON.stringify(value))

const parserOptions = {
  ...Object.fromEntries(Object.keys(values).map((name) => [name, { type: 'string' as const }])),
  ...Object.fromEntries(switches.map((name) => [name, { type: 'boolean' as const }])),
}

/** Turns command line arguments into options, or says in one line what was expected and what was got. */
export function parseOptions(args: string[]): Parsed {
  const { tokens } = parseArgs({ args, options: parserOptions, strict: false, tokens: true })
  const given: Partial<Record<ValueName, unknown>> = {}
  const switchedOn = new Set<SwitchName>()

  for (const token of tokens) {
    if (token.kind === 'option-terminator') continue
    if (token.kind === 'positional') return badUsage(`expected an option, got ${shown(token.value)}`)
    const { name, rawName, value } = token
    if (isSwitchName(name)) {
      if (value !== undefined) return badUsage(`${rawName}: expected no value, got ${shown(value)}`)
      switchedOn.add(name)
      continue
    }
    if (!isValueName(name) || !rawName.startsWith('--'))
      return badUsage(`expected a known option, got ${rawName}`)
    const read: Read<unknown> = value === undefined ? { ok: false, expected: 'a value' } : values[name](value)
    if (!read.ok) {
      const got = read.secret ? 'something else' : shown(value)
      return badUsage(`${rawName}: expected ${read.expected}, got ${got}`, read.hint)
    }
    given[name] = read.value
  }

  if (switchedOn.has('help')) return { kind: 'help' }
  // Every entry was read by the reader of its own name, which is what Values says.
  return combine(given as Values, switchedOn)
}

function combine(given: Values, switchedOn: ReadonlySet<SwitchName>): Parsed {
  const compare = switchedOn.has('compare')
  if (compare && given.strategy !== undefined)
    return badUsage(
      `expected --compare or --strategy, got both`,
      '--compare runs both strategies; leave one of the two out',
    )
  for (const name of ['think', 'batch-max'] as const)
    if (given.product !== undefined && given[name] !== undefined)
      return badUsage(
        `expected --product or --${name}, got both`,
        `--${name} is set when a product is made; leave --product out and the load test makes one`,
      )
  const files = outputNames.flatMap((name) => given[name] ?? [])
  if (new Set(files.map((file) => resolve(file))).size < files.length)
    return badUsage(
      `expected a file of its own for each of --json, --report and --junit, got ${files.map(shown).join(', ')}`,
    )

  const buyers = given.buyers ?? 200
  const strategy = given.strategy ?? 'locked'
  const thinkMsDefault = compare || strategy === 'naive' ? naiveThinkMsDefault : 0
  return {
    kind: 'run',
    options: {
      buyers,
      stock: given.stock ?? 100,
      quantity: given.quantity ?? 1,
      connections: Math.min(given.connections ?? connectionsDefaultMax, buyers),
      strategy,
      compare,
      thinkMs: given.think ?? thinkMsDefault,
      batchMax: given['batch-max'],
      productId: given.product,
      url: given.url,
      adminToken: given.admin,
      jsonFile: given.json,
      reportFile: given.report,
      junitFile: given.junit,
      timeoutMs: (given.timeout ?? 120) * 1000,
      retryLost: switchedOn.has('retry-lost'),
      seed: given.seed ?? randomInt(seedMax),
    },
  }
}

import { parseArgs } from 'node:util'
import { defaultMeasures, type MeasureName, measureNames, namedOnly } from './step.ts'
import type { GivenStores } from './stores.ts'

/** A command line that makes sense, with every default filled in. */
export interface BenchOptions {
  rounds: number
  /** In the order in which they run. */
  measures: readonly MeasureName[]
  /** Undefined: the benchmark boots its own. */
  stores: GivenStores | undefined
  /** Where the results go. */
  directory: string
  quick: boolean
  help: boolean
}

/** Says what is wrong with the command line. */
export class UsageError extends Error {
  override name = 'UsageError'
}

const roundsMax = 20
const roundsDefault = 3
const directoryDefault = 'bench-results'

export const usage = `Usage: npm run bench -- [options]

Measures the engine beside other ways to sell a product: same stores, same load generator, in turn. Boots its own
Postgres and Redis on free ports. The whole takes about 30 minutes on two cores, which should have nothing else to do.

  --rounds N             how often everything is measured, 1 to ${roundsMax}  (${roundsDefault}; with --quick 1)
  --only NAMES           some measures only, separated by commas:
                         ${measureNames.join(', ')}
                         (${namedOnly.join(', ')}: only when it is named)
  --quick                small sizes: shows that everything works, not how fast it is
  --out DIR              where results.json, bars.md, plot.svg and index.html go  (${directoryDefault})
  --database-url URL     a Postgres and a Redis of yours instead; every measure EMPTIES both,
  --redis-url URL        so that --empty-them has to be given, too
  --empty-them           yes, they may be emptied
  --help                 prints this

docs/performance.md tells how it measures and what the contenders are.

Exit code: 0 everything was measured (whether the bars are met stands in bars.md), 1 something could not be measured,
2 wrong usage, 130 interrupted; what was measured until then is written.
`

const shown = (value: string): string => JSON.stringify(value)

const readRounds = (raw: string | undefined, fallback: number): number => {
  if (raw === undefined) return fallback
  const value = /^\d{1,6}$/.test(raw) ? Number(raw) : Number.NaN
  if (value >= 1 && value <= roundsMax) return value
  throw new UsageError(`--rounds: expected a whole number from 1 to ${roundsMax}, got ${shown(raw)}`)
}

const isMeasure = (name: string): name is MeasureName => measureNames.some((known) => known === name)

const readMeasures = (raw: string | undefined): readonly MeasureName[] => {
  if (raw === undefined) return defaultMeasures
  const names = raw.split(',').map((name) => name.trim())
  for (const name of names)
    if (!isMeasure(name))
      throw new UsageError(`--only: expected some of ${measureNames.join(', ')}, got ${shown(name)}`)
  return measureNames.filter((name) => names.includes(name))
}

/** Never repeats what was given: there is a password in it. */
const readUrl = (option: string, raw: string, protocols: readonly string[]): string => {
  const url = URL.canParse(raw) ? new URL(raw) : undefined
  if (url !== undefined && protocols.includes(url.protocol)) return raw
  throw new UsageError(`${option}: expected a URL that begins with ${protocols[0]}//, got something else`)
}

const readStores = (given: {
  databaseUrl: string | undefined
  redisUrl: string | undefined
  emptyThem: boolean
}): GivenStores | undefined => {
  const { databaseUrl, redisUrl, emptyThem } = given
  if (databaseUrl === undefined && redisUrl === undefined) {
    if (emptyThem)
      throw new UsageError('--empty-them: expected --database-url and --redis-url with it, got neither')
    return undefined
  }
  if (databaseUrl === undefined || redisUrl === undefined)
    throw new UsageError('expected --database-url and --redis-url together, got one of them')
  const stores = {
    databaseUrl: readUrl('--database-url', databaseUrl, ['postgres:', 'postgresql:']),
    redisUrl: readUrl('--redis-url', redisUrl, ['redis:', 'rediss:']),
  }
  if (!emptyThem)
    throw new UsageError(
      'every measure empties the given database and ALL of the given Redis: expected --empty-them, if that is wanted',
    )
  return stores
}

/** @throws {UsageError} */
export const readOptions = (args: readonly string[]): BenchOptions => {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const read = () => {
    try {
      return parseArgs({
        args: [...args],
        options: {
          rounds: text,
          only: text,
          out: text,
          'database-url': text,
          'redis-url': text,
          'empty-them': flag,
          quick: flag,
          help: flag,
        },
      }).values
    } catch (error) {
      throw new UsageError((error as Error).message)
    }
  }
  const given = read()
  if (given.out === '' || given.out?.includes('\0'))
    throw new UsageError('--out: expected the name of a directory, got nothing')
  const measures = readMeasures(given.only)
  const stores = readStores({
    databaseUrl: given['database-url'],
    redisUrl: given['redis-url'],
    emptyThem: given['empty-them'],
  })
  if (stores !== undefined && measures.every((name) => name === 'aof'))
    throw new UsageError(
      '--only aof: expected no --redis-url, since it needs a second Redis without an append-only file',
    )
  return {
    rounds: readRounds(given.rounds, given.quick ? 1 : roundsDefault),
    measures,
    stores,
    directory: given.out ?? directoryDefault,
    quick: given.quick,
    help: given.help,
  }
}

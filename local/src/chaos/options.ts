import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import type { Fault } from './fault.ts'
import { seedMax } from './random.ts'

export interface ChaosOptions {
  /** Of the first round; the next ones follow. */
  seed: number
  rounds: number
  /** Those to draw from. */
  faults: readonly Fault[]
  /** Stacks that run rounds at the same time. */
  stacks: number
  list: boolean
  help: boolean
  /** Where to write the results. */
  json: string | undefined
}

/** Says what is wrong with the command line. */
export class UsageError extends Error {
  override name = 'UsageError'
}

const limits = { rounds: 100_000, stacks: 8 }

export const usage = `Usage: npm run chaos -- [--seed N] [--rounds N] [--only NAME,…] [--stacks N] [--json FILE] [--list]

Breaks a real engine (api, three workers, Postgres, Redis) again and again while it sells, and checks after every
round that nothing was oversold, lost or sold twice.

  --seed N       seed of the first round, 0 to ${seedMax}; the next rounds have the numbers that follow.
                 Default: a random one
  --rounds N     how many; default 20
  --only NAMES   draw from these faults only, as in --list, separated by commas
  --stacks N     engines that run rounds at the same time, 1 to ${limits.stacks}; most of a round is waiting. Default 1
  --json FILE    write the results there
  --list         show the faults and end

Exit code: 0 all promises were kept, 1 could not run, 2 wrong usage, 3 a promise was broken.
`

const wholeNumber = (name: string, raw: string | undefined, min: number, max: number, fallback: number) => {
  if (raw === undefined) return fallback
  const value = /^\d{1,12}$/.test(raw) ? Number(raw) : Number.NaN
  if (value >= min && value <= max) return value
  throw new UsageError(`--${name}: expected a whole number from ${min} to ${max}, got ${JSON.stringify(raw)}`)
}

const chosen = (all: readonly Fault[], only: string | undefined): readonly Fault[] => {
  if (only === undefined) return all
  return only.split(',').map((name) => {
    const fault = all.find((known) => known.name === name.trim())
    if (!fault) throw new UsageError(`--only: there is no fault ${JSON.stringify(name)}; --list shows them`)
    return fault
  })
}

/** @throws {UsageError} */
export const readOptions = (args: readonly string[], all: readonly Fault[]): ChaosOptions => {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const read = () => {
    try {
      return parseArgs({
        args: [...args],
        options: { seed: text, rounds: text, only: text, stacks: text, json: text, list: flag, help: flag },
      }).values
    } catch (error) {
      throw new UsageError((error as Error).message)
    }
  }
  const given = read()
  const rounds = wholeNumber('rounds', given.rounds, 1, limits.rounds, 20)
  const firstMax = seedMax - rounds
  return {
    seed: wholeNumber('seed', given.seed, 0, firstMax, randomInt(1_000_000_000)),
    rounds,
    faults: chosen(all, given.only),
    stacks: wholeNumber('stacks', given.stacks, 1, limits.stacks, 1),
    list: given.list,
    help: given.help,
    json: given.json,
  }
}

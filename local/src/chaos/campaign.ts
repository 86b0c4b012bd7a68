import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fault } from './fault.ts'
import { weighted } from './faults/registry.ts'
import { randomOf } from './random.ts'
import { type RoundResult, runRound } from './run-round.ts'
import { bootStack, type Stack } from './stack.ts'

export interface CampaignOptions {
  seed: number
  rounds: number
  faults: readonly Fault[]
  stacks: number
  onRound: (result: RoundResult) => void
  /** Begins no further round. */
  signal: AbortSignal
}

const workers = 3

/** The fault of a round follows from its seed, but not from the numbers that the round itself draws. */
const faultOf = (seed: number, among: readonly Fault[]): Fault => {
  const fault = randomOf(~seed).pick(weighted(among))
  if (!fault) throw new Error('there is no fault to draw')
  return fault
}

/**
 * Runs all rounds, on as many stacks at a time as asked for. A stack on which a promise was broken is replaced.
 * @throws when a stack cannot be booted.
 */
export const runCampaign = async (options: CampaignOptions): Promise<RoundResult[]> => {
  const directory = await mkdtemp(join(tmpdir(), 'flash-sale-chaos-'))
  const results: RoundResult[] = []
  let begun = 0
  let booted = 0

  const boot = (): Promise<Stack> => {
    booted += 1
    return bootStack({ directory: join(directory, `stack-${booted}`), workers })
  }

  const runRounds = async (): Promise<void> => {
    let stack: Stack | undefined
    try {
      while (begun < options.rounds && !options.signal.aborted) {
        const number = begun + 1
        begun += 1
        stack ??= await boot()
        const seed = options.seed + number - 1
        const result = await runRound(stack, {
          number,
          seed,
          fault: faultOf(seed, options.faults),
          patience: 1,
        })
        results.push(result)
        options.onRound(result)
        if (result.violations.length === 0) continue
        await stack.close()
        stack = undefined
      }
    } finally {
      await stack?.close()
    }
  }
  try {
    await Promise.all(Array.from({ length: options.stacks }, runRounds))
  } finally {
    // The logs of what went wrong stay.
    if (results.every(({ violations }) => violations.length === 0))
      await rm(directory, { recursive: true, force: true })
  }
  return results.sort((a, b) => a.number - b.number)
}

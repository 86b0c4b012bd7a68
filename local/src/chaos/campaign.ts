import type { Fault } from './fault.ts'
import { weighted } from './faults/registry.ts'
import { randomOf } from './random.ts'
import type { RoundResult } from './run-round.ts'
import { openStackPool } from './stack-pool.ts'

export interface CampaignOptions {
  /** Of the first round; the next ones follow. */
  seed: number
  rounds: number
  /** Those to draw from. */
  faults: readonly Fault[]
  /** Stacks that run rounds at the same time. */
  stacks: number
  onRound: (result: RoundResult) => void
  /** Begins no further round. */
  signal: AbortSignal
}

/** The fault of a round follows from its seed, but not from the numbers that the round itself draws. */
const faultOf = (seed: number, among: readonly Fault[]): Fault => {
  const fault = randomOf(~seed).pick(weighted(among))
  if (!fault) throw new Error('there is no fault to draw')
  return fault
}

/** Runs all rounds. @throws when a stack cannot be booted. */
export const runCampaign = async (options: CampaignOptions): Promise<RoundResult[]> => {
  const pool = await openStackPool({ stacks: options.stacks })
  const results: RoundResult[] = []
  let begun = 0

  const runRounds = async (): Promise<void> => {
    while (begun < options.rounds && !options.signal.aborted) {
      begun += 1
      const seed = options.seed + begun - 1
      const fault = faultOf(seed, options.faults)
      const result = await pool.run({ number: begun, seed, fault, patience: 1 })
      results.push(result)
      options.onRound(result)
    }
  }
  try {
    await Promise.all(Array.from({ length: options.stacks }, runRounds))
  } finally {
    await pool.close()
  }
  return results.sort((a, b) => a.number - b.number)
}

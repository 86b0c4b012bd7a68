/** Chaos rounds as tests: fixed seeds, and limits stretched, since other rounds and other programs run beside them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Fault } from '../src/chaos/fault.ts'
import { openStackPool, type StackPool } from '../src/chaos/stack-pool.ts'

const patience = 3
/** A round waits for a free stack first. */
const testMsMax = 300_000
const closeMsMax = 60_000
const firstSeed = 3_000

export interface ChaosTestOptions {
  /** Rounds at a time: most of a round is waiting. */
  stacks: number
  /** More variables for the api and the workers. */
  env?: Readonly<Record<string, string>>
}

/**
 * A test for each of these faults. A failing one says where the logs of its processes are, and which command repeats
 * it.
 */
export const describeChaos = (title: string, faults: readonly Fault[], options: ChaosTestOptions): void => {
  describe.concurrent(title, () => {
    let pool: StackPool
    beforeAll(async () => {
      pool = await openStackPool(options)
    })
    afterAll(() => pool.close(), closeMsMax)

    const rounds = faults.map((fault, index) => ({ name: fault.name, fault, seed: firstSeed + index }))
    it.each(rounds)('$name', { timeout: testMsMax }, async ({ name, fault, seed }) => {
      const result = await pool.run({ number: seed, seed, fault, patience })
      const again = `npm run chaos -- --seed ${seed} --rounds 1 --only ${name}`
      expect(result.violations, `logs: ${result.logs}; again: ${again}`).toEqual([])
    })
  })
}

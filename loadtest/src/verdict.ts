import type { Verification } from '@flash-sale/shared/contract/verification.ts'
import type { Figures } from './figures.ts'

/** One promise of the engine, held against what Postgres and the buyers say. */
export interface Check {
  name: string
  /** What was found, in units or counts; 0 is right for the checks that count what went wrong. */
  figure: number
  holds: boolean
  /** What it should have been, in words. */
  expected: string
}

export interface Verdict {
  checks: Check[]
  /** True when every check holds. */
  exact: boolean
}

const countOfWrongs = (name: string, figure: number): Check => ({
  name,
  figure,
  holds: figure === 0,
  expected: 'none',
})

const equal = (name: string, figure: number, expected: number, why: string): Check => ({
  name,
  figure,
  holds: figure === expected,
  expected: `${expected}, ${why}`,
})

/**
 * Units that were left although accepted purchases asked for them. All purchases ask for the same
 * quantity, so what may be left is less than one quantity. A purchase that `failed` asked as well: the load
 * test sends nothing that could not be settled.
 */
export function unsoldDemandOf({ outcomes }: Figures, verification: Verification, quantity: number): number {
  const { initialStock, restocked, sold } = verification
  const asking = outcomes.confirmed + outcomes.sold_out + outcomes.failed
  const servable = Math.min(asking, Math.floor((initialStock + restocked) / quantity))
  return Math.max(0, servable * quantity - sold)
}

function ordersCheck(figures: Figures, { orders }: Verification, exclusive: boolean): Check {
  const { confirmed } = figures.outcomes
  const uncertain = figures.unanswered + figures.lost
  const name = 'orders in the database'
  // Somebody else's purchases of a product that was given by --product are orders as well.
  if (!exclusive)
    return { name, figure: orders, holds: orders >= confirmed, expected: `at least ${confirmed}` }
  const expected = uncertain === 0 ? `${confirmed}` : `${confirmed} to ${confirmed + uncertain}`
  return {
    name,
    figure: orders,
    holds: orders >= confirmed && orders <= confirmed + uncertain,
    expected: `${expected}, as buyers were told`,
  }
}

/**
 * Holds every invariant against the engine's own count in Postgres and against what the buyers saw.
 * `exclusive`: nobody but this run bought the product, so that its orders are this run's orders.
 */
export function judge(
  figures: Figures,
  verification: Verification,
  run: { quantity: number; exclusive: boolean },
): Verdict {
  const { initialStock, restocked, sold, stock, movements } = verification
  const undersold = Math.max(verification.undersold, unsoldDemandOf(figures, verification, run.quantity))
  const checks: Check[] = [
    equal('final stock', stock, initialStock + restocked - sold, 'initial stock less units sold'),
    equal('sum of stock movements', movements, stock, 'the final stock'),
    ordersCheck(figures, verification, run.exclusive),
    countOfWrongs('oversold', Math.max(verification.oversold, sold - initialStock - restocked)),
    countOfWrongs('undersold', undersold),
    countOfWrongs('lost', figures.lost),
    countOfWrongs('duplicates', verification.duplicates + figures.sharedIds),
  ]
  // A breach so rare that it has a line only when it happens.
  if (figures.changedOutcomes > 0) checks.push(countOfWrongs('changed outcomes', figures.changedOutcomes))
  // The engine may know of a breach that none of the figures above shows.
  if (!verification.ok && checks.every(({ holds }) => holds))
    checks.push({ name: "breaches in the engine's own check", figure: 1, holds: false, expected: 'none' })
  return { checks, exact: checks.every(({ holds }) => holds) }
}

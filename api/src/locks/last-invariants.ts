import type { Invariants } from '@flash-sale/shared/contract/locked-product.ts'
import type { Verification } from '@flash-sale/shared/contract/verification.ts'

/** What the last count of each product's invariants said: everybody who looks sees it. */
export interface LastInvariants {
  remember(verification: Verification): void
  of(productId: number): Invariants | undefined
}

/** The product that was counted longest ago makes room. */
const productsMax = 1_000

const counted = ['oversold', 'undersold', 'duplicates', 'overLimit', 'fencingBreaches'] as const

const names: Record<(typeof counted)[number], string> = {
  oversold: 'oversold',
  undersold: 'undersold',
  duplicates: 'duplicates',
  overLimit: 'over the limit',
  fencingBreaches: 'breaches of the fencing',
}

const brokenOf = (verification: Verification): string[] => {
  if (verification.ok) return []
  const broken = counted.flatMap((name) =>
    verification[name] === 0 ? [] : [`${names[name]}: ${verification[name]}`],
  )
  const { initialStock, restocked, sold, stock, movements } = verification
  const booked = initialStock + restocked - sold
  return booked === stock && movements === stock
    ? broken
    : [...broken, `stock: ${booked} by the sales, ${movements} by the movements, ${stock} in the table`]
}

export const rememberInvariants = (nowMs: () => number = Date.now): LastInvariants => {
  const known = new Map<number, Invariants>()
  return {
    remember: (verification) => {
      const { productId, ok } = verification
      known.delete(productId)
      const [oldest] = known.keys()
      if (oldest !== undefined && known.size >= productsMax) known.delete(oldest)
      known.set(productId, { at: new Date(nowMs()).toISOString(), ok, broken: brokenOf(verification) })
    },
    of: (productId) => known.get(productId),
  }
}

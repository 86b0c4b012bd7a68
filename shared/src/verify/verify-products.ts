import type { Verification } from '../contract/verification.ts'
import type { Database } from '../postgres.ts'
import { verificationOf } from '../verify-product.ts'
import { type Check, counted, createTally } from './check.ts'
import { countProducts, type ProductCounts } from './product-counts.ts'
import { type ProductTotals, productRules } from './product-rules.ts'

export interface ProductsVerdict {
  checks: Check[]
  totals: ProductTotals
  /** Demo products that were bought with the naive strategy, of which nothing is promised. */
  skippedCount: number
  /** The first of them, a line each. */
  skipped: string[]
}

const skippedMax = 20
const pageSize = 500

const nameOf = ({ product_id, name }: ProductCounts): string =>
  name === null ? `product ${product_id}, which does not exist` : `product ${product_id} "${name}"`

const noTotals: ProductTotals = {
  products: 0,
  initialStock: 0,
  restocked: 0,
  sold: 0,
  stock: 0,
  purchases: 0,
  confirmed: 0,
  soldOut: 0,
  orders: 0,
  leases: 0,
}

const addTo = (totals: ProductTotals, counts: ProductCounts, seen: Verification): void => {
  totals.products += counts.name === null ? 0 : 1
  totals.initialStock += seen.initialStock
  totals.restocked += seen.restocked
  totals.sold += seen.sold
  totals.stock += seen.stock
  totals.purchases += Number(counts.purchases)
  totals.confirmed += Number(counts.confirmed)
  totals.soldOut += Number(counts.sold_out)
  totals.orders += seen.orders
  totals.leases += Number(counts.leases)
}

/**
 * Checks what is promised of products over all of them, in one snapshot, page by page: the memory it takes does not
 * grow with their number.
 * @param productId only this one; undefined: all.
 * @throws {DatabaseUnavailableError} also when counting takes longer than the deadline of `database`.
 */
export const verifyProducts = async (
  database: Database,
  productId: number | undefined,
): Promise<ProductsVerdict> => {
  const totals = { ...noTotals }
  const skipped: string[] = []
  let skippedCount = 0
  const tallies = productRules.map((rule) => ({ rule, tally: createTally() }))

  const judge = (counts: ProductCounts): void => {
    const naive = Number(counts.naive)
    if (counts.demo && naive > 0) {
      skippedCount += 1
      if (skipped.length < skippedMax)
        skipped.push(`${nameOf(counts)}: demo, ${counted(naive, 'naive purchase')}`)
      return
    }
    const seen = verificationOf(counts)
    addTo(totals, counts, seen)
    for (const { rule, tally } of tallies)
      tally.add(rule.weight(seen), () => `${nameOf(counts)}: ${rule.describe(seen, counts)}`)
  }

  await database.run('counting all products', async (sql) => {
    for await (const page of countProducts(sql, productId).cursor(pageSize)) page.forEach(judge)
  })
  const checks = tallies.map(({ rule, tally }) => ({
    name: rule.name,
    invariant: rule.invariant,
    found: rule.found(totals),
    violations: tally.violations(),
    worst: tally.worst(),
  }))
  return { checks, totals, skippedCount, skipped }
}

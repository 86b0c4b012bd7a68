/** What all workers together have stored of a product since they were started. */
import type { OutcomeCounts } from './contract/locked-product.ts'
import { outcomes } from './contract/purchase.ts'
import type { ProductsReport } from './product-report.ts'

/**
 * @returns by product; left out is what a worker that lives cannot tell, since a part would pass for the whole.
 */
export const productOutcomes = (reports: readonly ProductsReport[]): ReadonlyMap<number, OutcomeCounts> => {
  const counted = new Map<number, OutcomeCounts>()
  for (const report of reports) {
    for (const [productId = 0, ...counts] of report.outcomes) {
      const all = counted.get(productId) ?? {
        ...{ confirmed: 0, sold_out: 0, limit_reached: 0, not_on_sale: 0, failed: 0 },
      }
      for (const [index, outcome] of outcomes.entries()) all[outcome] += counts[index] ?? 0
      counted.set(productId, all)
    }
  }
  for (const report of reports.filter(({ allOutcomes }) => !allOutcomes)) {
    const told = new Set(report.outcomes.map(([productId]) => productId))
    for (const productId of counted.keys()) if (!told.has(productId)) counted.delete(productId)
  }
  return counted
}

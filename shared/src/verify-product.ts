import type { Verification } from './contract/verification.ts'
import type { Database } from './postgres.ts'
import { countProducts, type ProductCounts } from './verify/product-counts.ts'

/**
 * The verdict on one product. Naive purchases count too: that is how overselling shows.
 *
 * No undersell is checked twice. By what each `sold_out` row says was left at its turn; and, not trusting that, by
 * the stock there is now: without a restock since, the stock at its turn was no smaller. For quantity 1 without a limit
 * the two say that sold = min(demand, stock), also with a restock or a closed sale in between.
 *
 * Leases are put in order by Postgres' clock: one that was set back during a sale looks like a breach.
 */
export const verificationOf = (counts: ProductCounts): Verification => {
  const { initial_stock: initialStock, stock } = counts
  const restocked = Number(counts.restocked)
  const movements = Number(counts.movements)
  const sold = Number(counts.sold)
  const naive = Number(counts.naive)
  const oversold = Math.max(0, sold - initialStock - restocked)
  const repeated = Number(counts.matched) - (Number(counts.confirmed) - Number(counts.confirmed_alone))
  const duplicates = repeated + Number(counts.confirmed_alone) + Number(counts.orders_alone)
  // The naive strategy writes back a stock that it read long ago, which may be more than there was.
  const undersold = Number(counts.undersold_by_row) + (naive === 0 ? Number(counts.undersold_since) : 0)
  const overLimit = Number(counts.over_limit) + Number(counts.over_purchase_limit)
  const beyond = BigInt(counts.token_max) > BigInt(counts.fencing_token) ? 1 : 0
  const fencingBreaches = Number(counts.leases_backwards) + beyond + (counts.demo ? 0 : naive)
  const booked = initialStock + restocked - sold === stock && movements === stock
  return {
    productId: counts.product_id,
    initialStock,
    restocked,
    sold,
    orders: Number(counts.orders),
    stock,
    movements,
    oversold,
    duplicates,
    undersold,
    overLimit,
    fencingBreaches,
    ok:
      stock >= 0 &&
      booked &&
      [oversold, duplicates, undersold, overLimit, fencingBreaches].every((count) => count === 0),
  }
}

/**
 * Counts the invariants of one product, in one snapshot.
 * @returns undefined when there is no such product.
 * @throws {DatabaseUnavailableError} also when counting takes longer than the deadline of `database`.
 */
export const verifyProduct = async (
  database: Database,
  productId: number,
): Promise<Verification | undefined> => {
  const [counts] = await database.run('verifying a product', (sql) => countProducts(sql, productId))
  return counts && counts.name !== null ? verificationOf(counts) : undefined
}

import { type Database, DatabaseUnavailableError } from '@flash-sale/shared/postgres.ts'
import postgres from 'postgres'
import type { Purchase, Settled } from './purchase.ts'

/** What one call of the stock transaction came to. Only the last is worth trying again as it stands. */
export type SettleResult =
  /** Committed: an outcome for every id, and what is left of the product. */
  | { kind: 'settled'; outcomes: ReadonlyMap<string, Settled>; left?: { stock: number; version: number } }
  /** Refused, nothing written: a larger token has settled this product. `floor` is that token. */
  | { kind: 'stale_token'; floor: number }
  /** Refused, nothing written: a purchase in the batch can never be written as it is. */
  | { kind: 'poisoned'; reason: string }
  /** No answer, or the server was not in a state to settle: it may have committed. */
  | { kind: 'unknown'; reason: string }

interface SettledRow {
  id: string
  outcome: Settled['outcome']
  order_id: string | null
  settled_at: Date
  stored_before: boolean
  product_stock: number | null
  product_version: string | null
}

/** Data exceptions and constraint violations: the fault is in a row, not in the server. */
const poisonous = /^(22|23)/

/** An id from Postgres' bigint: a number as long as JavaScript can hold it. */
export const orderIdOf = (id: string): number | string => (Number.isSafeInteger(Number(id)) ? Number(id) : id)

const settledOf = (row: SettledRow): Settled => ({
  outcome: row.outcome,
  ...(row.order_id === null ? {} : { orderId: orderIdOf(row.order_id) }),
  settledAt: row.settled_at.toISOString(),
  storedBefore: row.stored_before,
})

const leftOf = (row: SettledRow | undefined): { left?: { stock: number; version: number } } =>
  row === undefined || row.product_stock === null
    ? {}
    : { left: { stock: row.product_stock, version: Number(row.product_version) } }

/**
 * Decides and commits the outcomes of a batch: one statement, one round trip, one transaction (006.do.settle-by-sale-rules.sql).
 * Called again with the same purchases it returns the stored outcomes.
 * @param batch purchases of one product, in order of acceptance.
 */
export const settle = async (
  database: Database,
  productId: number,
  fencingToken: number,
  batch: readonly Purchase[],
): Promise<SettleResult> => {
  const ids = batch.map((purchase) => purchase.id)
  const customers = batch.map((purchase) => purchase.customerId)
  const quantities = batch.map((purchase) => purchase.quantity)
  // As text: postgres.js cannot send arrays of dates.
  const accepted = batch.map((purchase) => new Date(purchase.acceptedAtMs).toISOString())
  try {
    const rows = await database.run(
      'settling a batch',
      (sql) => sql<SettledRow[]>`
        SELECT id, outcome, order_id, settled_at, stored_before, product_stock, product_version
          FROM settle_purchases(${productId}, ${fencingToken}, ${ids}::uuid[], ${customers}::text[],
                                ${quantities}::integer[], ${accepted}::text[]::timestamptz[])`,
    )
    const outcomes = new Map(rows.map((row) => [row.id, settledOf(row)]))
    return { kind: 'settled', outcomes, ...leftOf(rows[0]) }
  } catch (error) {
    return resultOfError(error)
  }
}

const resultOfError = (error: unknown): SettleResult => {
  if (error instanceof DatabaseUnavailableError) return { kind: 'unknown', reason: error.message }
  if (!(error instanceof postgres.PostgresError)) throw error
  if (error.code === 'FS001') return { kind: 'stale_token', floor: Number(error.detail) }
  if (poisonous.test(error.code)) return { kind: 'poisoned', reason: `${error.code} ${error.message}` }
  // What is left speaks of the set-up (a missing function, a denied permission): a person mends it, nothing is lost.
  return { kind: 'unknown', reason: `${error.code} ${error.message}` }
}

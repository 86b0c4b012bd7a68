import type { Outcome } from '../contract/purchase.ts'
import type { Database } from '../postgres.ts'

/** How a purchase ended, as Postgres has it. */
export interface StoredOutcome {
  outcome: Outcome
  /** bigint as text; null: no order. */
  orderId: string | null
  /** ISO 8601, milliseconds. */
  settledAt: string
}

interface StoredRow {
  id: string
  outcome: Outcome
  order_id: string | null
  settled_at: Date
}

/**
 * The stored outcomes of these purchases, by id.
 * @param ids UUIDs.
 * @throws {DatabaseUnavailableError}
 */
export const storedOutcomes = async (
  database: Database,
  ids: readonly string[],
): Promise<ReadonlyMap<string, StoredOutcome>> => {
  if (ids.length === 0) return new Map()
  const rows = await database.run(
    'reading stored outcomes',
    (sql) => sql<StoredRow[]>`
      SELECT p.id, p.outcome, p.settled_at, o.id AS order_id
        FROM purchases p LEFT JOIN orders o ON o.purchase_id = p.id
       WHERE p.id = ANY (${[...ids]}::uuid[])`,
  )
  return new Map(
    rows.map(({ id, outcome, order_id: orderId, settled_at }) => [
      id,
      { outcome, orderId, settledAt: settled_at.toISOString() },
    ]),
  )
}

/**
 * When these products were last reset, in milliseconds since the epoch: a reset forgets the purchases before it, while
 * Redis still has their jobs.
 * @throws {DatabaseUnavailableError}
 */
export const lastResets = async (
  database: Database,
  productIds: readonly number[],
): Promise<ReadonlyMap<number, number>> => {
  if (productIds.length === 0) return new Map()
  const rows = await database.run(
    'reading resets',
    (sql) => sql<{ product_id: number; at: Date }[]>`
      SELECT product_id, max(at) AS at FROM stock_movements
       WHERE product_id = ANY (${[...productIds]}::integer[]) AND reason = 'reset'
       GROUP BY product_id`,
  )
  return new Map(rows.map((row) => [row.product_id, row.at.getTime()]))
}

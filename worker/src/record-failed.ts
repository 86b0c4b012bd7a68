import type { Database } from '@flash-sale/shared/postgres.ts'

/** What is known of a purchase that can never be settled; any field may be nonsense. */
export interface UnsettleablePurchase {
  /** UUID. */
  id: string
  productId: unknown
  customerId: unknown
  quantity: unknown
  acceptedAtMs: unknown
}

const wholeWithin = (value: unknown, min: number, max: number, otherwise: number): number =>
  typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : otherwise

/** What Postgres can hold of a customer's id; a question mark when nothing is left. */
const customerText = (value: unknown): string =>
  (typeof value === 'string' ? value : '').toWellFormed().replaceAll('\u0000', '').slice(0, 128) || '?'

/**
 * Stores the outcome `failed`. An outcome that is stored already stays.
 * @returns when it was stored, ISO 8601; undefined when there was an outcome already.
 * @throws {DatabaseUnavailableError} unknown whether it was written; safe to call again.
 */
export const recordFailed = async (
  database: Database,
  purchase: UnsettleablePurchase,
): Promise<string | undefined> => {
  const acceptedAtMs = wholeWithin(purchase.acceptedAtMs, 0, 253_402_300_799_999, Date.now())
  const [row] = await database.run(
    'recording a failed purchase',
    (sql) => sql<{ settled_at: Date }[]>`
      INSERT INTO purchases (id, product_id, customer_id, quantity, outcome, stock_left, accepted_at)
      VALUES (${purchase.id}, ${wholeWithin(purchase.productId, 1, 2_147_483_647, 0)}, ${customerText(purchase.customerId)},
              ${wholeWithin(purchase.quantity, 1, 10, 1)}, 'failed', 0, ${new Date(acceptedAtMs).toISOString()})
      ON CONFLICT (id) DO NOTHING
      RETURNING settled_at`,
  )
  return row?.settled_at.toISOString()
}

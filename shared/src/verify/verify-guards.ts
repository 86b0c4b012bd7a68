import type { Database } from '../postgres.ts'
import type { Check } from './check.ts'

/** What Postgres itself refuses: the last line of defence, and why an id has one outcome. */
const guards = [
  { table: 'purchases', definition: 'PRIMARY KEY (id)' },
  { table: 'orders', definition: 'UNIQUE (purchase_id)' },
  { table: 'products', definition: 'CHECK ((stock >= 0))' },
] as const

/**
 * Checks that the constraints behind "one outcome per purchase" are there: while they are, a second row cannot be.
 * @throws {DatabaseUnavailableError}
 */
export const verifyGuards = async (database: Database): Promise<Check> => {
  const rows = await database.run(
    'reading constraints',
    (sql) => sql<{ table: string; definition: string }[]>`
      SELECT r.relname AS table, pg_get_constraintdef(c.oid) AS definition
        FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
       WHERE c.convalidated AND r.oid IN ('purchases'::regclass, 'orders'::regclass, 'products'::regclass)`,
  )
  const missing = guards.filter(
    ({ table, definition }) => !rows.some((row) => row.table === table && row.definition === definition),
  )
  return {
    name: 'guards',
    invariant: 2,
    found: 'primary key of purchases, unique order of a purchase, stock check: Postgres enforces them',
    violations: missing.length,
    worst: missing.map(({ table, definition }) => `table ${table}: expected ${definition}, there is none`),
  }
}

import postgres from 'postgres'

/** A transaction of somebody who is no worker, which others have to wait for. */
export interface OpenTransaction {
  /** Rolls back; whoever waits goes on. */
  release(): Promise<void>
}

const connectSeconds = 5

/** @throws when Postgres cannot be reached or refuses the statement. */
const openTransaction = async (
  databaseUrl: string,
  run: (session: postgres.ReservedSql) => Promise<unknown>,
): Promise<OpenTransaction> => {
  const sql = postgres(databaseUrl, {
    max: 1,
    connect_timeout: connectSeconds,
    onnotice: () => undefined,
    connection: { application_name: 'chaos transaction' },
  })
  const end = (): Promise<void> => sql.end({ timeout: connectSeconds })
  try {
    // Not `sql.begin`: a transaction that ends when somebody says so.
    const session = await sql.reserve()
    await session`BEGIN`
    await run(session)
    return {
      release: async () => {
        await session`ROLLBACK`.catch(() => undefined)
        session.release()
        await end()
      },
    }
  } catch (error) {
    await end()
    throw error
  }
}

/** Locks the row of a product: its settlements wait, each for as long as its own lock_timeout lets it. */
export const lockRow = (databaseUrl: string, productId: number): Promise<OpenTransaction> =>
  openTransaction(databaseUrl, (session) => session`SELECT FROM products WHERE id = ${productId} FOR UPDATE`)

/**
 * Begins to store an outcome of a purchase: its settlement waits, with the row of its product locked, until it is known
 * whether this one commits.
 */
export const claimPurchase = (
  databaseUrl: string,
  productId: number,
  purchaseId: string,
): Promise<OpenTransaction> =>
  openTransaction(
    databaseUrl,
    (session) => session`
      INSERT INTO purchases (id, product_id, customer_id, quantity, outcome, stock_left, accepted_at)
      VALUES (${purchaseId}, ${productId}, 'nobody', 1, 'failed', 0, now())`,
  )

import postgres from 'postgres'

/** A transaction of somebody who is no worker, which others have to wait for. */
export interface OpenTransaction {
  /** Rolls back; whoever waits goes on. May be called again. */
  release(): Promise<void>
}

const connectSeconds = 5

/**
 * @param run says whether it got what it wanted; if not, nothing stays open.
 * @returns undefined when it did not.
 * @throws when Postgres cannot be reached or refuses the statement.
 */
const openTransaction = async (
  databaseUrl: string,
  run: (session: postgres.ReservedSql) => Promise<boolean>,
): Promise<OpenTransaction | undefined> => {
  const sql = postgres(databaseUrl, {
    max: 1,
    connect_timeout: connectSeconds,
    onnotice: () => undefined,
    connection: { application_name: 'chaos transaction' },
  })
  let session: postgres.ReservedSql | undefined
  const rollBack = async (): Promise<void> => {
    if (session) await session`ROLLBACK`.catch(() => undefined)
    session?.release()
    await sql.end({ timeout: connectSeconds })
  }
  let ending: Promise<void> | undefined
  const release = (): Promise<void> => {
    ending ??= rollBack()
    return ending
  }
  try {
    // Not `sql.begin`: a transaction that ends when somebody says so.
    session = await sql.reserve()
    await session`BEGIN`
    if (await run(session)) return { release }
  } catch (error) {
    await release()
    throw error
  }
  await release()
  return undefined
}

/**
 * Locks the row of a product: its settlements wait, each for as long as its own lock_timeout lets it.
 * @throws also when there is no such product.
 */
export const lockRow = async (databaseUrl: string, productId: number): Promise<OpenTransaction> => {
  const transaction = await openTransaction(databaseUrl, async (session) => {
    const rows = await session`SELECT id FROM products WHERE id = ${productId} FOR UPDATE`
    return rows.length === 1
  })
  if (!transaction) throw new Error(`there is no product ${productId}`)
  return transaction
}

/**
 * Begins to store an outcome of a purchase: its settlement waits, with the row of its product locked, until it is known
 * whether this one commits.
 * @returns undefined when a worker was faster and the purchase has its outcome.
 */
export const claimPurchase = (
  databaseUrl: string,
  productId: number,
  purchaseId: string,
): Promise<OpenTransaction | undefined> =>
  openTransaction(databaseUrl, async (session) => {
    const rows = await session`
      INSERT INTO purchases (id, product_id, customer_id, quantity, outcome, stock_left, accepted_at)
      VALUES (${purchaseId}, ${productId}, 'nobody', 1, 'failed', 0, now())
      ON CONFLICT DO NOTHING RETURNING id`
    return rows.length === 1
  })

/** Stored purchases, read together: thousands of look-ups a second must not become thousands of queries. */
import { DeadlineError, withDeadline } from '@flash-sale/shared/deadline.ts'
import { type Database, DatabaseUnavailableError } from '@flash-sale/shared/postgres.ts'
import type { PurchaseRow } from './purchase-view.ts'

export interface PurchaseRows {
  /**
   * The stored outcome of a purchase, as it is at the time of the call or later.
   * @param id a UUID in lower case.
   * @param patienceMs longest wait; the pool's own deadline ends a query as well.
   * @returns undefined when Postgres knows none.
   * @throws {DatabaseUnavailableError}
   */
  find(id: string, patienceMs: number): Promise<PurchaseRow | undefined>
}

const idsPerQueryMax = 500
/** Above every connection that asks at the same time (`MAX_CONNECTIONS`), so that only a fault gets there. */
const waitingMax = 20_000

interface LookUp {
  id: string
  resolve: (row: PurchaseRow | undefined) => void
  reject: (reason: unknown) => void
  givenUp: boolean
}

const select = (database: Database, ids: string[]): Promise<PurchaseRow[]> =>
  database.run(
    'reading purchases',
    (sql) => sql<PurchaseRow[]>`
      SELECT p.id, p.product_id, p.customer_id, p.quantity, p.outcome, p.fencing_token, p.accepted_at, p.settled_at,
             (SELECT o.id FROM orders o WHERE o.purchase_id = p.id) AS order_id
        FROM purchases p
       WHERE p.id = ANY (${ids}::uuid[])`,
  )

/**
 * What is asked for within one turn of the event loop, or while a query is under way, becomes one query; there is one
 * at a time. Nobody joins the query that is under way: it may have read before what its caller knows of was committed.
 */
export const openPurchaseRows = (database: Database): PurchaseRows => {
  let waiting: LookUp[] = []
  let asking = false

  const askNext = async (): Promise<void> => {
    const batch = waiting.slice(0, idsPerQueryMax).filter(({ givenUp }) => !givenUp)
    waiting = waiting.slice(idsPerQueryMax)
    if (batch.length === 0) return
    try {
      const rows = await select(database, [...new Set(batch.map(({ id }) => id))])
      const byId = new Map(rows.map((row) => [row.id, row]))
      for (const { id, resolve } of batch) resolve(byId.get(id))
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }

  const ask = async (): Promise<void> => {
    while (waiting.length > 0) await askNext()
    asking = false
  }

  return {
    find: async (id, patienceMs) => {
      if (waiting.length >= waitingMax)
        throw new DatabaseUnavailableError(`reading a purchase: ${waiting.length} others wait already`)
      const { promise, resolve, reject } = Promise.withResolvers<PurchaseRow | undefined>()
      const lookUp: LookUp = { id, resolve, reject, givenUp: false }
      waiting.push(lookUp)
      if (!asking) {
        asking = true
        setImmediate(() => void ask())
      }
      try {
        return await withDeadline('reading a purchase', patienceMs, promise)
      } catch (error) {
        lookUp.givenUp = true
        if (error instanceof DeadlineError)
          throw new DatabaseUnavailableError(error.message, { cause: error })
        throw error
      }
    },
  }
}

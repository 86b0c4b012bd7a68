import type { ProductState } from '@flash-sale/shared/contract/locked-product.ts'
import { type Database, DatabaseUnavailableError } from '@flash-sale/shared/postgres.ts'
import { type ProductRow, productColumns } from '../product-row.ts'

export interface ShownProducts {
  /**
   * These products and the newest ones, the newest first. While Postgres is busy for longer than a moment: as they were
   * when it last answered; empty when that is too long ago to be shown.
   */
  read(productIds: readonly number[]): Promise<ShownProduct[]>
}

type ShownProduct = Required<Omit<ProductState, 'invariants'>>

const newestMax = 100
/** A look shows something else every second: an answer that takes longer is for the next one. */
const patienceMs = 400
/** As long as an admin's statement may take. */
const staleAfterMs = 6_000

const select = async (database: Database, productIds: number[]): Promise<ShownProduct[]> => {
  const rows = await database.run(
    'reading the products of the lock page',
    (sql) => sql<ProductRow[]>`
      SELECT ${productColumns(sql)} FROM products
       WHERE id = ANY (${productIds}::integer[])
          OR id IN (SELECT id FROM products ORDER BY id DESC LIMIT ${newestMax})
       ORDER BY id DESC`,
  )
  return rows.map(({ id, name, stock, initial_stock: initialStock, sale_status: saleStatus }) => ({
    productId: id,
    name,
    stock,
    initialStock,
    saleStatus,
  }))
}

/** @param database the admins': it may be counting invariants, which takes up to seconds and has to hold up no look. */
export const openShownProducts = (database: Database): ShownProducts => {
  let known: ShownProduct[] = []
  let knownAtMs = 0
  let reading: Promise<void> | undefined

  const refresh = async (productIds: readonly number[]): Promise<void> => {
    try {
      known = await select(database, [...productIds])
      knownAtMs = performance.now()
    } catch (error) {
      if (!(error instanceof DatabaseUnavailableError)) throw error
    } finally {
      reading = undefined
    }
  }

  return {
    read: async (productIds) => {
      // One at a time: what cannot be read does not pile up.
      reading ??= refresh(productIds)
      let timer: NodeJS.Timeout | undefined
      const enough = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, patienceMs)
      })
      await Promise.race([reading, enough]).finally(() => clearTimeout(timer))
      return performance.now() - knownAtMs < staleAfterMs ? known : []
    },
  }
}

/**
 * What api and workers know of the products without asking Postgres each time.
 * Refreshed once a second and, for a product not seen yet, at once. A product that was seen stays known while
 * Postgres is down, so that its purchases can be accepted.
 */
import { quantityMax } from './contract/product.ts'
import type { Logger } from './logger.ts'
import type { Database } from './postgres.ts'
import type { StockNews } from './stock-news.ts'

export interface ProductFacts {
  id: number
  name: string
  /** Units one customer may buy; null: no limit. */
  perCustomerLimit: number | null
  /** Units one purchase may hold. */
  maxPerPurchase: number
  opensAtMs: number | null
  closesAtMs: number | null
  demo: boolean
  thinkMs: number
  batchMax: number | null
  /** Only as good as its age: stock is decided in Postgres. */
  stock: number
  /** Grows with every change of the stock: of two values the one with the larger version is newer. */
  version: number
  /** When Postgres had this stock at the earliest, `performance.now()`. */
  stockAtMs: number
  /**
   * How far Postgres' clock is ahead of ours, at least, ms: less than that by no more than the way of its answer. By
   * `Date.now()` plus this a sale never opens before it does at settlement.
   */
  clockAheadMs: number
}

export interface ProductCatalog {
  /**
   * The facts of a product, at most `refreshMs` old while Postgres answers; undefined when there is none.
   * @throws {DatabaseUnavailableError} when it was never seen and Postgres cannot be asked.
   */
  find(id: number): Promise<ProductFacts | undefined>
  /** The name as it was last seen, without asking; undefined when the product was never seen. */
  nameOf(id: number): string | undefined
  /** Makes the next `find` of this product ask Postgres. */
  forget(id: number): void
  /** Takes in what a settlement, a restock or a reset says of the stock; older news than what is known changes nothing. */
  hear(news: StockNews): void
  close(): void
}

export interface CatalogOptions {
  refreshMs: number
  logger: Logger
}

interface ProductRow {
  id: number
  name: string
  per_customer_limit: number | null
  max_per_purchase: number | null
  opens_at: Date | null
  closes_at: Date | null
  demo: boolean
  think_ms: number
  batch_max: number | null
  stock: number
  version: string
  /** Postgres' clock, epoch ms. */
  read_at_ms: number
}

/** How many products are kept in memory; the newest by id. Others are looked up when asked for. */
const productsMax = 10_000

const factsOf = (row: ProductRow, stockAtMs: number, answeredAtMs: number): ProductFacts => ({
  id: row.id,
  name: row.name,
  perCustomerLimit: row.per_customer_limit,
  maxPerPurchase: row.max_per_purchase ?? quantityMax,
  opensAtMs: row.opens_at?.getTime() ?? null,
  closesAtMs: row.closes_at?.getTime() ?? null,
  demo: row.demo,
  thinkMs: row.think_ms,
  batchMax: row.batch_max,
  stock: row.stock,
  version: Number(row.version),
  stockAtMs,
  // Our clock counts whole milliseconds: it may have been one later.
  clockAheadMs: Math.floor(row.read_at_ms) - answeredAtMs - 1,
})

const select = async (database: Database, id: number | null): Promise<ProductFacts[]> => {
  const askedAtMs = performance.now()
  const rows = await database.run(
    'reading products',
    (sql) => sql<ProductRow[]>`
      SELECT id, name, per_customer_limit, max_per_purchase, opens_at, closes_at, demo, think_ms, batch_max,
             stock, version, (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS read_at_ms
        FROM products
       WHERE ${id}::integer IS NULL OR id = ${id}::integer
       ORDER BY id DESC
       LIMIT ${productsMax}`,
  )
  const answeredAtMs = Date.now()
  return rows.map((row) => factsOf(row, askedAtMs, answeredAtMs))
}

type KnownStock = Pick<ProductFacts, 'stock' | 'version' | 'stockAtMs'>

/** The facts, with the other stock where that is newer: a larger version, or the same seen later. */
const newerStock = (facts: ProductFacts, other: KnownStock | undefined): ProductFacts => {
  if (!other || other.version < facts.version) return facts
  if (other.version === facts.version && other.stockAtMs <= facts.stockAtMs) return facts
  return { ...facts, stock: other.stock, version: other.version, stockAtMs: other.stockAtMs }
}

/** Opens the catalog; the first refresh starts at once and may fail: it is tried again every `refreshMs`. */
export const openProductCatalog = (database: Database, options: CatalogOptions): ProductCatalog => {
  const known = new Map<number, ProductFacts>()
  /** Ids that Postgres did not know, and until when we do not ask again. */
  const unknownUntilMs = new Map<number, number>()
  const lookups = new Map<number, Promise<ProductFacts | undefined>>()
  let failing = false
  let timer: NodeJS.Timeout | undefined
  let closed = false

  const refresh = async (): Promise<void> => {
    try {
      const all = await select(database, null)
      // Replaced whole, so that a deleted product is forgotten.
      const before = new Map(known)
      known.clear()
      for (const facts of all) known.set(facts.id, newerStock(facts, before.get(facts.id)))
      unknownUntilMs.clear()
      failing = false
    } catch (error) {
      if (!failing && !closed) options.logger.warn({ err: error }, 'product facts could not be refreshed')
      failing = true
    }
    if (!closed) timer = setTimeout(refresh, options.refreshMs)
  }
  void refresh()

  const lookUp = async (id: number): Promise<ProductFacts | undefined> => {
    const [facts] = await select(database, id)
    if (facts) known.set(id, newerStock(facts, known.get(id)))
    else if (unknownUntilMs.size < productsMax) unknownUntilMs.set(id, Date.now() + options.refreshMs)
    return facts
  }

  return {
    find: async (id) => {
      const facts = known.get(id)
      if (facts) return facts
      if ((unknownUntilMs.get(id) ?? 0) > Date.now()) return undefined
      const running = lookups.get(id)
      if (running) return running
      const lookup = lookUp(id).finally(() => lookups.delete(id))
      lookups.set(id, lookup)
      return lookup
    },
    nameOf: (id) => known.get(id)?.name,
    forget: (id) => {
      known.delete(id)
      unknownUntilMs.delete(id)
    },
    hear: ({ productId, stock, version }) => {
      const facts = known.get(productId)
      if (facts) known.set(productId, newerStock(facts, { stock, version, stockAtMs: performance.now() }))
    },
    close: () => {
      closed = true
      clearTimeout(timer)
    },
  }
}

/** The two demo products of a race in Postgres: always the same two, made when the first race begins. */
import type { Race, RaceSide } from '@flash-sale/shared/contract/race.ts'
import type { Database } from '@flash-sale/shared/postgres.ts'
import { createProduct, resetProduct } from './product-store.ts'

const units = 100

/** Naive buyers think for this long each, all at once; the lock is held for as long for each batch. */
const thinkMs = 100

const sides = {
  naive: { name: 'Race: naive', batchMax: null },
  locked: { name: 'Race: locked', batchMax: 20 },
} as const

type Side = keyof typeof sides

const findProduct = async (database: Database, side: Side): Promise<number | undefined> => {
  const [row] = await database.run(
    'finding the product of a race',
    (sql) => sql<{ id: number }[]>`
      SELECT id FROM products WHERE demo AND name = ${sides[side].name} ORDER BY id LIMIT 1`,
  )
  return row?.id
}

const makeProduct = async (database: Database, side: Side): Promise<number> => {
  const product = await createProduct(database, {
    ...sides[side],
    stock: units,
    price: null,
    perCustomerLimit: null,
    maxPerPurchase: null,
    opensAt: null,
    closesAt: null,
    demo: true,
    thinkMs,
  })
  return product.id
}

const prepareSide = async (database: Database, side: Side): Promise<RaceSide> => {
  const productId = (await findProduct(database, side)) ?? (await makeProduct(database, side))
  await resetProduct(database, productId, units)
  return { productId, stock: units, sold: 0, refused: 0 }
}

/**
 * Gives both products their whole stock back and forgets what was bought. Not to be called twice at a time: the products
 * could be made twice.
 * @throws {DatabaseUnavailableError}
 */
export const prepareRace = async (database: Database): Promise<Race> => ({
  units,
  naive: await prepareSide(database, 'naive'),
  locked: await prepareSide(database, 'locked'),
})

interface SideRow {
  name: string
  id: number
  stock: number
  sold: number
  refused: number
}

const sideOf = (rows: readonly SideRow[], side: Side): RaceSide | undefined => {
  const row = rows.find(({ name }) => name === sides[side].name)
  return row && { productId: row.id, stock: row.stock, sold: row.sold, refused: row.refused }
}

/** How the latest race stands, counted in one moment; undefined when there was none. @throws {DatabaseUnavailableError} */
export const readRace = async (database: Database): Promise<Race | undefined> => {
  const names = Object.values(sides).map(({ name }) => name)
  const rows = await database.run(
    'reading a race',
    (sql) => sql<SideRow[]>`
      SELECT name, id, stock,
             (SELECT coalesce(sum(quantity), 0) FROM orders o WHERE o.product_id = p.id)::integer AS sold,
             (SELECT count(*) FROM purchases b
               WHERE b.product_id = p.id AND b.outcome <> 'confirmed')::integer AS refused
        FROM products p
       WHERE demo AND name = ANY(${names}::text[])
       ORDER BY id`,
  )
  const [naive, locked] = [sideOf(rows, 'naive'), sideOf(rows, 'locked')]
  return naive && locked && { units, naive, locked }
}

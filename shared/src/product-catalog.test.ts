import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { createLogger } from './logger.ts'
import { type Database, DatabaseUnavailableError, openDatabase } from './postgres.ts'
import { openProductCatalog } from './product-catalog.ts'

const stores = isolatedStores()
const logger = createLogger('test', 'silent')
const database = openDatabase({
  url: stores.databaseUrl,
  name: 'catalog',
  connectionsMax: 2,
  deadlineMs: 10_000,
})
afterAll(() => database.close(1_000))

const createProduct = async (stock: number): Promise<number> => {
  const [row] = await database.run(
    'creating a product',
    (sql) => sql<{ id: number }[]>`
      INSERT INTO products (name, stock, initial_stock) VALUES ('p', ${stock}, ${stock}) RETURNING id`,
  )
  return row?.id ?? 0
}

const setStock = (id: number, stock: number) =>
  database.run(
    'selling',
    (sql) => sql`UPDATE products SET stock = ${stock}, version = version + 1 WHERE id = ${id}`,
  )

/** Whether the stores answer is up to the test. */
const switchable = () => {
  let up = true
  const switched: Database = {
    run: (what, statement) =>
      up ? database.run(what, statement) : Promise.reject(new DatabaseUnavailableError(what)),
    close: async () => undefined,
  }
  return {
    database: switched,
    goDown: () => {
      up = false
    },
  }
}

/** A refresh never comes: what is seen comes from look-ups and news. */
const rarely = { refreshMs: 1_000_000, logger }

describe('the catalog', () => {
  it('knows a product that was made after it was opened, and does not know one that is not there', async () => {
    const catalog = openProductCatalog(database, rarely)
    const id = await createProduct(3)
    expect(await catalog.find(id)).toMatchObject({
      id,
      name: 'p',
      stock: 3,
      version: 0,
      perCustomerLimit: null,
    })
    expect(await catalog.find(2_000_000_000)).toBeUndefined()
    catalog.close()
  })

  it('keeps what it knows while Postgres is down, and says so for the rest', async () => {
    const id = await createProduct(3)
    const other = await createProduct(3)
    const { database: switched, goDown } = switchable()
    const catalog = openProductCatalog(switched, rarely)
    await catalog.find(id)
    catalog.forget(other)
    goDown()
    expect(await catalog.find(id)).toMatchObject({ id })
    catalog.forget(other)
    await expect(catalog.find(other)).rejects.toThrow(DatabaseUnavailableError)
    catalog.close()
  })

  it('refreshes by itself', async () => {
    const id = await createProduct(3)
    const catalog = openProductCatalog(database, { refreshMs: 20, logger })
    expect(await catalog.find(id)).toMatchObject({ stock: 3 })
    await setStock(id, 1)
    await expect.poll(async () => (await catalog.find(id))?.stock).toBe(1)
    expect(await catalog.find(id)).toMatchObject({ maxPerPurchase: 10 })
    await database.run(
      'changing a rule',
      (sql) => sql`UPDATE products SET max_per_purchase = 2 WHERE id = ${id}`,
    )
    await expect.poll(async () => (await catalog.find(id))?.maxPerPurchase).toBe(2)
    catalog.close()
  })

  it("tells by how much Postgres' clock is ahead of ours", async () => {
    const id = await createProduct(3)
    const hourMs = 3_600_000
    for (const behindMs of [0, hourMs, -hourMs]) {
      const rightNow = Date.now
      const clock = vi.spyOn(Date, 'now').mockImplementation(() => rightNow() - behindMs)
      const catalog = openProductCatalog(database, rarely)
      const facts = await catalog.find(id).finally(() => clock.mockRestore())
      // Less by the way of the answer, which may be long on a busy machine, but never more.
      expect(facts?.clockAheadMs).toBeLessThanOrEqual(behindMs)
      expect(facts?.clockAheadMs).toBeGreaterThan(behindMs - hourMs / 2)
      catalog.close()
    }
  })

  it('takes newer news, and keeps its own against older', async () => {
    const id = await createProduct(3)
    await setStock(id, 2)
    const catalog = openProductCatalog(database, rarely)
    const first = await catalog.find(id)
    catalog.hear({ productId: id, stock: 3, version: 0 })
    expect(await catalog.find(id)).toEqual(first)
    catalog.hear({ productId: id, stock: 0, version: 5 })
    expect(await catalog.find(id)).toMatchObject({ stock: 0, version: 5 })
    catalog.hear({ productId: id, stock: 1, version: 4 })
    expect(await catalog.find(id)).toMatchObject({ stock: 0, version: 5 })
    catalog.close()
  })

  it('counts the same news heard again as seen later', async () => {
    const id = await createProduct(3)
    const catalog = openProductCatalog(database, rarely)
    const first = await catalog.find(id)
    catalog.hear({ productId: id, stock: 3, version: 0 })
    const again = await catalog.find(id)
    expect(again?.stockAtMs).toBeGreaterThan(first?.stockAtMs ?? Number.NaN)
    catalog.close()
  })
})

/** Sales of a real engine, whose rows and jobs a test then breaks by hand. */
import { setTimeout as sleep } from 'node:timers/promises'
import { startEngine } from '@flash-sale/local/engine.ts'
import type { IsolatedStores } from '@flash-sale/local/isolated-stores.ts'
import type { PurchaseView } from '../src/contract/purchase.ts'
import type { Database } from '../src/postgres.ts'

export interface SalePlan {
  stock: number
  /** Units that each buyer asks for, one buyer after the other. */
  quantities: number[]
  demo?: boolean
}

export interface VerifiedSale {
  productId: number
  /** Of the purchases, in order. */
  ids: string[]
}

const outcomeMsMax = 10_000

const createProduct = async (database: Database, { stock, demo }: SalePlan): Promise<number> => {
  const [row] = await database.run(
    'creating a product',
    (sql) => sql<{ id: number }[]>`
      WITH created AS (
        INSERT INTO products (name, stock, initial_stock, demo) VALUES ('sold', ${stock}, ${stock}, ${demo ?? false})
        RETURNING id, stock
      )
      INSERT INTO stock_movements (product_id, delta, reason) SELECT id, stock, 'initial' FROM created
      RETURNING product_id AS id`,
  )
  if (!row) throw new Error('no product')
  return row.id
}

const buy = async (url: string, productId: number, quantity: number, customerId: string): Promise<string> => {
  const answer = await fetch(`${url}/purchases`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ productId, customerId, quantity }),
  })
  if (answer.status !== 202) throw new Error(`expected 202, got ${answer.status} ${await answer.text()}`)
  const { jobId } = (await answer.json()) as { jobId: string }
  const deadlineAtMs = Date.now() + outcomeMsMax
  while (Date.now() < deadlineAtMs) {
    const view = (await (await fetch(`${url}/purchases/${jobId}`)).json()) as PurchaseView
    // Shown by the completed job, not by the row, which is there a moment earlier.
    if (view.settledAt !== undefined && view.settleMs !== undefined) return jobId
    await sleep(5)
  }
  throw new Error(`no outcome of ${jobId} within ${outcomeMsMax} ms`)
}

/** Starts an engine, holds these sales at the same time, and stops it. */
export const holdSales = async <Name extends string>(
  stores: IsolatedStores,
  database: Database,
  plans: Readonly<Record<Name, SalePlan>>,
): Promise<Record<Name, VerifiedSale>> => {
  const engine = await startEngine({
    databaseUrl: stores.databaseUrl,
    redisUrl: stores.redisUrl,
    keyPrefix: stores.keyPrefix,
    // Who is refused at the door leaves no row that could be broken.
    env: { SOLD_OUT_FAST_PATH: 'false' },
  })
  const hold = async ([name, plan]: [string, SalePlan]): Promise<[string, VerifiedSale]> => {
    const productId = await createProduct(database, plan)
    const ids: string[] = []
    for (const quantity of plan.quantities)
      ids.push(await buy(engine.url, productId, quantity, `buyer-${ids.length}`))
    return [name, { productId, ids }]
  }
  try {
    const held = await Promise.all(Object.entries<SalePlan>(plans).map(hold))
    return Object.fromEntries(held) as Record<Name, VerifiedSale>
  } finally {
    await engine.stop()
  }
}

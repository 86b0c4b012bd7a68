/** Contender b: every request runs one statement that takes the stock if there is enough and writes the order. */
import postgres from 'postgres'
import { contenderConfig } from './config.ts'
import { openShop } from './shop.ts'

const config = contenderConfig()
const sql = postgres(config.DATABASE_URL, { max: config.POOL_MAX })

openShop(
  config.PORT,
  async ({ productId, customerId, quantity }) => {
    const [order] = await sql<{ id: string }[]>`
      WITH sold AS (
        UPDATE bench.products SET stock = stock - ${quantity}
         WHERE id = ${productId} AND stock >= ${quantity}
        RETURNING id)
      INSERT INTO bench.orders (product_id, customer_id, quantity)
      SELECT id, ${customerId}, ${quantity} FROM sold
      RETURNING id`
    return order?.id
  },
  () => sql.end({ timeout: 2 }),
)

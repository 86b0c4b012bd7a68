/** What the two contenders without a queue share: a small Express shop, as one would write it. */
import express, { type RequestHandler } from 'express'
import { createLogger } from '../../../shared/src/logger.ts'
import { closeOnSignal, reportReady } from '../../../shared/src/shutdown.ts'

/** A purchase as it comes in. */
export interface Wanted {
  productId: number
  customerId: string
  quantity: number
}

const wantedOf = (body: unknown): Wanted | undefined => {
  if (typeof body !== 'object' || body === null) return undefined
  const { productId, customerId, quantity = 1 } = body as Partial<Wanted>
  return Number.isInteger(productId) && typeof customerId === 'string' && Number.isInteger(quantity)
    ? { productId: Number(productId), customerId, quantity: Number(quantity) }
    : undefined
}

/**
 * Serves `POST /purchases` on `port` until a signal: 201 with the order's id, 409 when the stock does not suffice.
 * @param buy the id of the new order; undefined: sold out.
 */
export const openShop = (
  port: number,
  buy: (wanted: Wanted) => Promise<string | undefined>,
  close: () => Promise<unknown>,
): void => {
  const purchase: RequestHandler = async (request, response) => {
    const wanted = wantedOf(request.body)
    if (!wanted) return void response.status(400).json({ error: 'expected productId, customerId, quantity' })
    const orderId = await buy(wanted)
    if (orderId === undefined) response.status(409).json({ error: 'sold out' })
    else response.status(201).json({ orderId })
  }
  const app = express()
  app.disable('x-powered-by')
  app.set('etag', false)
  app.post('/purchases', express.json(), purchase)
  const server = app.listen(port, '127.0.0.1', reportReady)
  closeOnSignal(createLogger('contender', 'warn'), 5_000, [
    { what: 'http', close: async () => server.closeAllConnections() },
    { what: 'stores', close },
  ])
}

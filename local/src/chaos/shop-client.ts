import type { Product } from '@flash-sale/shared/contract/product.ts'
import type { PurchaseAccepted, PurchaseRequest, PurchaseView } from '@flash-sale/shared/contract/purchase.ts'
import { Pool } from 'undici'

/** What an HTTP call gave; `status` 0: no answer, whatever the reason. */
export interface ShopAnswer<T> {
  status: number
  body: T | undefined
  replayed: boolean
  /** Why there was no answer; empty when there was one. */
  fault: string
}

export interface ShopClient {
  buy(request: PurchaseRequest, key: string): Promise<ShopAnswer<PurchaseAccepted>>
  find(jobId: string): Promise<ShopAnswer<PurchaseView>>
  /** @throws when it is refused or not answered. */
  createProduct(fields: Record<string, unknown>): Promise<number>
  restock(productId: number, quantity: number): Promise<ShopAnswer<Product>>
  isReady(): Promise<boolean>
  close(): Promise<void>
}

const connections = 200
/** Above every deadline of the api: 2 s for a purchase. */
const answerMs = 8_000

/** A client of the api that never throws because of a fault, except where it says so. */
export const openShopClient = (origin: string, adminToken: string): ShopClient => {
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    connectTimeout: 2_000,
    headersTimeout: answerMs,
    bodyTimeout: answerMs,
  })
  const authorization = `Bearer ${adminToken}`

  const call = async <T>(
    method: 'GET' | 'POST',
    path: string,
    headers: Record<string, string>,
    body?: unknown,
  ): Promise<ShopAnswer<T>> => {
    try {
      const json = body === undefined ? null : JSON.stringify(body)
      const type = json === null ? {} : { 'content-type': 'application/json' }
      const answer = await pool.request({ method, path, headers: { ...headers, ...type }, body: json })
      const text = await answer.body.text()
      return {
        status: answer.statusCode,
        body: JSON.parse(text) as T,
        replayed: answer.headers['idempotency-replayed'] === 'true',
        fault: '',
      }
    } catch (error) {
      return { status: 0, body: undefined, replayed: false, fault: String(error) }
    }
  }

  return {
    buy: (request, key) => call('POST', '/purchases', { 'idempotency-key': key }, request),
    find: (jobId) => call('GET', `/purchases/${jobId}`, {}),
    createProduct: async (fields) => {
      const answer = await call<Product>('POST', '/admin/products', { authorization }, fields)
      if (answer.status !== 201 || !answer.body)
        throw new Error(
          `expected a product, got ${answer.status} ${answer.fault}${JSON.stringify(answer.body)}`,
        )
      return answer.body.id
    },
    restock: (productId, quantity) =>
      call('POST', `/admin/products/${productId}/restock`, { authorization }, { quantity }),
    isReady: async () => (await call('GET', '/readyz', {})).status === 200,
    close: () => pool.destroy(),
  }
}

import { randomUUID } from 'node:crypto'
import type { Product } from '@flash-sale/shared/contract/product.ts'
import type { PurchaseRequest, PurchaseView } from '@flash-sale/shared/contract/purchase.ts'
import { type Handler, reply } from './http-server.ts'

export interface Faults {
  /** Sells without looking at the stock. */
  oversells?: boolean
  /** Forgets every nth purchase. */
  forgetsEvery?: number
  /** Never gives an outcome. */
  neverSettles?: boolean
  /** Answers first from the row, which has no waits, and in the end with another outcome. */
  changesItsMind?: boolean
  /** Turns down the admin credentials. */
  refusesAdmin?: boolean
  /** Answers every purchase with this status. */
  refusesPurchases?: number
  /** Accepts every nth purchase and cuts the connection instead of saying so. */
  losesAnswers?: number
}

/** Everything that was asked of a fake engine. */
export interface FakeEngine {
  handler: Handler
  purchases: PurchaseRequest[]
  products: Record<string, unknown>[]
}

/** An engine in memory that speaks the contract: each purchase is pending once, then has its outcome. */
export function fakeEngine(faults: Faults = {}): FakeEngine {
  const purchases: PurchaseRequest[] = []
  const products: Record<string, unknown>[] = []
  const views = new Map<string, PurchaseView | 'pending'>()
  /** By Idempotency-Key: what the answer was, and what can be seen of it. */
  const known = new Map<string, { answer: { jobId: string }; view: PurchaseView | 'pending' }>()
  let [initialStock, stock, sold, orders] = [0, 0, 0, 0]

  const productOf = (body: unknown): Product => {
    const stocked = body as { stock: number }
    products.push({ ...stocked })
    ;[initialStock, stock, sold, orders] = [stocked.stock, stocked.stock, 0, 0]
    const defaults = {
      price: null,
      perCustomerLimit: null,
      maxPerPurchase: null,
      opensAt: null,
      closesAt: null,
      saleStatus: 'open' as const,
      demo: true,
      thinkMs: 0,
      batchMax: null,
    }
    return { id: 7, name: 'fake', ...defaults, ...stocked, initialStock }
  }

  const settle = ({ quantity }: PurchaseRequest, jobId: string): PurchaseView => {
    const now = new Date().toISOString()
    const confirmed = faults.oversells === true || stock >= quantity
    if (confirmed) {
      stock -= quantity
      sold += quantity
      orders += 1
    }
    return {
      jobId,
      productId: 7,
      quantity,
      acceptedAt: now,
      settledAt: now,
      ...(confirmed ? { status: 'confirmed', orderId: orders } : { status: 'sold_out' }),
      queueWaitMs: 1,
      lockWaitMs: 2,
      settleMs: 3,
      batchSize: 4,
    }
  }

  const purchase: Handler = ({ headers, socket }, response, body) => {
    const key = String(headers['idempotency-key'])
    const before = known.get(key)
    if (before) {
      views.set(before.answer.jobId, before.view)
      return reply(response, 202, before.answer, { 'idempotency-replayed': 'true' })
    }
    const request = body as PurchaseRequest
    purchases.push(request)
    const jobId = randomUUID()
    const forgets = faults.forgetsEvery !== undefined && purchases.length % faults.forgetsEvery === 0
    const settled = settle(request, jobId)
    const view = faults.neverSettles ? 'pending' : settled
    if (!forgets) views.set(jobId, view)
    const answer = { jobId, status: 'queued', statusUrl: `/purchases/${jobId}`, pollAfterMs: 1 }
    known.set(key, { answer, view })
    if (faults.losesAnswers !== undefined && purchases.length % faults.losesAnswers === 0) socket.destroy()
    else reply(response, 202, answer)
  }

  const verification = () => {
    const oversold = Math.max(0, sold - initialStock)
    const counts = {
      productId: 7,
      initialStock,
      restocked: 0,
      sold,
      orders,
      stock,
      movements: stock,
      oversold,
    }
    return { ...counts, duplicates: 0, undersold: 0, ok: oversold === 0 }
  }

  const handler: Handler = (request, response, body) => {
    const { method, url = '' } = request
    if (url === '/livez') return reply(response, 200, { status: 'ok' })
    if (url === '/readyz')
      return reply(response, 200, { ready: true, checks: { redis: 'ok', postgres: 'ok', schema: 'ok' } })
    if (url.startsWith('/admin/') && faults.refusesAdmin)
      return reply(response, 401, { code: 'unauthorized', detail: 'wrong' })
    if (url.endsWith('/verify')) return reply(response, 200, verification())
    if (url.endsWith('/reset')) return reply(response, 200, productOf(body))
    if (url === '/admin/products') return reply(response, 201, productOf(body))
    if (method === 'POST' && faults.refusesPurchases !== undefined)
      return reply(response, faults.refusesPurchases, {
        code: 'sale-not-open',
        detail: 'The sale opens later',
      })
    if (method === 'POST') return purchase(request, response, body)
    const jobId = url.slice('/purchases/'.length)
    const view = views.get(jobId)
    if (view === undefined) return reply(response, 404, { code: 'unknown-purchase', detail: 'unknown' })
    if (view !== 'pending' && faults.changesItsMind) {
      const { queueWaitMs: _later, ...row } = view
      views.set(jobId, { ...view, status: 'failed' })
      return reply(response, 200, view.status === 'failed' ? view : row)
    }
    if (view !== 'pending') return reply(response, 200, view)
    return reply(response, 200, {
      jobId,
      status: 'queued',
      acceptedAt: new Date().toISOString(),
      pollAfterMs: 1,
    })
  }
  return { handler, purchases, products }
}

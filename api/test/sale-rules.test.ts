/** Rules that are changed while a sale runs: what admins may change, and what buyers then see. */
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { openProductCatalog } from '@flash-sale/shared/product-catalog.ts'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { expectProblem, sqlText } from './expect-problem.ts'
import { adminHeaders, eventually, type ServedApi, serveApi } from './served-api.ts'

const stores = isolatedStores()
let api: ServedApi

beforeAll(async () => {
  api = await serveApi(stores)
})
afterAll(() => api.close())

const hourMs = 3_600_000
const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString()
const patch = (id: number | string, json: unknown) =>
  api.call(`/admin/products/${id}`, { method: 'PATCH', json, headers: adminHeaders })
const post = (path: string) => api.call(`/admin/products/${path}`, { method: 'POST', headers: adminHeaders })
const buy = (productId: number, quantity = 1) =>
  api.call('/purchases', { json: { productId, customerId: 'c-1', quantity } })
const shown = async (id: number) => (await api.call(`/products/${id}`)).body

/** Settles one purchase as a worker would. @returns its outcome. */
const settle = async (productId: number, quantity = 1): Promise<unknown> => {
  const [row] = await api.database.run(
    'settling',
    (sql) => sql`
      SELECT outcome FROM settle_purchases(${productId}, 1, ${[crypto.randomUUID()]}::uuid[], ${['a']}::text[],
        ${[quantity]}::int[], ${[new Date().toISOString()]}::timestamptz[])`,
  )
  return row?.outcome
}

describe('a change', () => {
  const demo = { demo: true, thinkMs: 5, batchMax: 2 }
  const cases: [what: string, before: Record<string, unknown>, change: Record<string, unknown>][] = [
    ['of the name', {}, { name: sqlText }],
    ['of the price', {}, { price: { amountMinor: 0, currency: 'JPY' } }],
    ['that takes the price away', { price: { amountMinor: 1, currency: 'EUR' } }, { price: null }],
    ['of both limits', { perCustomerLimit: 1 }, { perCustomerLimit: 7, maxPerPurchase: 3 }],
    [
      'that lifts the limits',
      { perCustomerLimit: 1, maxPerPurchase: 1 },
      { perCustomerLimit: null, maxPerPurchase: null },
    ],
    ['of the window', {}, { opensAt: '2030-01-01T00:00:00.000Z', closesAt: '2030-01-02T00:00:00.000Z' }],
    [
      'that moves the closing behind a stored opening',
      { opensAt: '2030-01-01T00:00:00.000Z' },
      { closesAt: '2030-01-01T00:00:00.001Z' },
    ],
    [
      'that takes the window away',
      { opensAt: '2030-01-01T00:00:00.000Z', closesAt: '2031-01-01T00:00:00.000Z' },
      { opensAt: null, closesAt: null },
    ],
    ['of a demo product', demo, { thinkMs: 0, batchMax: null }],
    ['that changes nothing of a plain product', {}, { thinkMs: 0, batchMax: null }],
  ]
  test.each(cases)('%s', async (_what, before, change) => {
    const id = await api.createProduct(before)
    const { saleStatus: _, ...stored } = await shown(id)
    const answer = await patch(id, change)
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ ...stored, ...change })
    expect(await shown(id)).toEqual(answer.body)
  })

  const opensAt = '2030-01-01T00:00:00.000Z'
  const wrong: [what: string, before: Record<string, unknown>, change: unknown, path: string][] = [
    ['with nothing in it', {}, {}, ''],
    ['that is no object', {}, [], ''],
    ['of the stock', {}, { stock: 5 }, 'stock'],
    ['of demo', {}, { demo: true }, 'demo'],
    ['of the id', {}, { id: 5 }, 'id'],
    ['of a field of Postgres', {}, { fencing_token: 5 }, 'fencing_token'],
    ['of the status', {}, { saleStatus: 'open' }, 'saleStatus'],
    ['to an empty name', {}, { name: '' }, 'name'],
    ['to no name', {}, { name: null }, 'name'],
    ['to a limit of 0', {}, { perCustomerLimit: 0 }, 'perCustomerLimit'],
    ['to 0 at a time', {}, { maxPerPurchase: 0 }, 'maxPerPurchase'],
    ['to 11 at a time', {}, { maxPerPurchase: 11 }, 'maxPerPurchase'],
    ['to one and a half at a time', {}, { maxPerPurchase: 1.5 }, 'maxPerPurchase'],
    ['to a time that is none', {}, { opensAt: 'soon' }, 'opensAt'],
    ['that closes before it opens', {}, { opensAt, closesAt: opensAt }, 'closesAt'],
    ['that closes before the stored opening', { opensAt }, { closesAt: '2029-01-01T00:00:00Z' }, 'closesAt'],
    [
      'that opens after the stored closing',
      { closesAt: opensAt },
      { opensAt: '2031-01-01T00:00:00Z' },
      'opensAt',
    ],
    ['of the think time of a plain product', {}, { thinkMs: 1 }, 'thinkMs'],
    ['of the batches of a plain product', {}, { batchMax: 1 }, 'batchMax'],
  ]
  test.each(wrong)('%s is refused', async (_what, before, change, path) => {
    const id = await api.createProduct(before)
    const stored = await shown(id)
    const answer = await patch(id, change)
    expectProblem(answer, 400, 'invalid-request')
    expect(answer.body.errors).toEqual([{ path, message: expect.stringMatching(/^expected /) }])
    expect(await shown(id)).toEqual(stored)
  })

  test('of an unknown product', async () => {
    for (const id of ['2147483647', '0', 'x', encodeURIComponent(sqlText)]) {
      expectProblem(await patch(id, { name: 'x' }), 404, 'unknown-product')
      expectProblem(await post(`${id}/open`), 404, 'unknown-product')
      expectProblem(await post(`${id}/close`), 404, 'unknown-product')
    }
  })

  test('reaches another api within a second, and this one at once', async () => {
    const id = await api.createProduct()
    const other = openProductCatalog(api.database, { refreshMs: 800, logger: pino({ level: 'silent' }) })
    expect(await other.find(id)).toMatchObject({ maxPerPurchase: 10, opensAtMs: null })
    const opensAt = inMs(hourMs)
    await patch(id, { maxPerPurchase: 2, opensAt })
    expect(await api.catalog.find(id)).toMatchObject({ maxPerPurchase: 2, opensAtMs: Date.parse(opensAt) })
    await eventually(async () => (await other.find(id))?.maxPerPurchase === 2)
    expect(await other.find(id)).toMatchObject({ opensAtMs: Date.parse(opensAt) })
    other.close()
  })

  test('of a limit judges what is sold afterwards, not what was sold before', async () => {
    const id = await api.createProduct({ stock: 9 })
    expect(await settle(id, 3)).toBe('confirmed')
    await patch(id, { perCustomerLimit: 2, maxPerPurchase: 1 })
    expect(await settle(id, 1)).toBe('limit_reached')
    const verified = async () =>
      (await api.call(`/admin/products/${id}/verify`, { headers: adminHeaders })).body
    expect(await verified()).toMatchObject({ sold: 3, overLimit: 0, ok: true })
    // Limits that are said again are not new: what was sold under them since still counts.
    await patch(id, { perCustomerLimit: 4, maxPerPurchase: 1 })
    expect(await settle(id, 1)).toBe('confirmed')
    await patch(id, { perCustomerLimit: 4, name: 'renamed' })
    await api.database.run(
      'breaking it',
      (sql) => sql`UPDATE products SET per_customer_limit = 3 WHERE id = ${id}`,
    )
    expect(await verified()).toMatchObject({ sold: 4, overLimit: 1, ok: false })
  })
})

describe('at the door', () => {
  test('more at a time than the product allows', async () => {
    const id = await api.createProduct({ maxPerPurchase: 2 })
    const answer = await buy(id, 3)
    expectProblem(answer, 400, 'invalid-request')
    const message = `expected at most 2 for product ${id}, got 3`
    expect(answer.body.errors).toEqual([{ path: 'quantity', message }])
    expect((await buy(id, 2)).status).toBe(202)
  })

  test.each([
    ['an hour behind', -hourMs],
    ['an hour ahead', hourMs],
  ])("with a clock %s, Postgres' clock says whether the sale has opened", async (_what, skewMs) => {
    const opened = await api.createProduct({ opensAt: inMs(-hourMs / 2), closesAt: inMs(hourMs / 2) })
    const upcoming = await api.createProduct({ opensAt: inMs(hourMs / 2) })
    const closed = await api.createProduct({ closesAt: inMs(-hourMs / 2) })
    for (const id of [opened, upcoming, closed]) api.catalog.forget(id)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + skewMs })
    try {
      expect((await buy(opened)).status).toBe(202)
      const early = await buy(upcoming)
      expectProblem(early, 403, 'sale-not-open')
      expect(Number(early.headers.get('retry-after'))).toBeGreaterThan(1_000)
      expect(Number(early.headers.get('retry-after'))).toBeLessThan(3_600)
      // Who comes too late is told at settlement, which judges by the same clock.
      expect((await buy(closed)).status).toBe(202)
      expect(
        await Promise.all([opened, upcoming, closed].map(async (id) => (await shown(id)).saleStatus)),
      ).toEqual(['open', 'upcoming', 'closed'])
    } finally {
      vi.useRealTimers()
    }
    expect(await Promise.all([opened, upcoming, closed].map((id) => settle(id)))).toEqual([
      'confirmed',
      'not_on_sale',
      'not_on_sale',
    ])
  })
})

describe('open and close', () => {
  const windows: [what: string, fields: Record<string, unknown>][] = [
    ['without a window', {}],
    ['that opens later', { opensAt: inMs(hourMs), closesAt: inMs(2 * hourMs) }],
    ['that is open', { opensAt: inMs(-hourMs), closesAt: inMs(hourMs) }],
    ['that is over', { opensAt: inMs(-2 * hourMs), closesAt: inMs(-hourMs) }],
  ]
  test.each(windows)('a sale %s', async (_what, fields) => {
    const id = await api.createProduct(fields)
    for (const [action, saleStatus, outcome] of [
      ['open', 'open', 'confirmed'],
      ['close', 'closed', 'not_on_sale'],
      ['open', 'open', 'confirmed'],
    ]) {
      const first = await post(`${id}/${action}`)
      expect([first.status, first.body.saleStatus]).toEqual([200, saleStatus])
      expect(await settle(id)).toBe(outcome)
      // Done again it changes nothing.
      expect((await post(`${id}/${action}`)).body).toEqual({ ...first.body, stock: (await shown(id)).stock })
    }
    expect((await buy(id)).status).toBe(202)
  })

  test('an open sale keeps its window when it is opened', async () => {
    const fields = { opensAt: inMs(-hourMs), closesAt: inMs(hourMs) }
    const id = await api.createProduct(fields)
    expect((await post(`${id}/open`)).body).toMatchObject(fields)
  })

  test('a purchase that waits is refused at its turn when the sale was closed meanwhile', async () => {
    const id = await api.createProduct()
    expect((await buy(id)).status).toBe(202)
    await post(`${id}/close`)
    expect(await settle(id)).toBe('not_on_sale')
  })
})

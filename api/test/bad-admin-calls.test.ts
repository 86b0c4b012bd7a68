import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectProblem, sqlText } from './expect-problem.ts'
import {
  adminHeaders,
  basic,
  type CallOptions,
  type ServedApi,
  serveApi,
  tokens,
  wrongAdminHeaders,
} from './served-api.ts'

const stores = isolatedStores()
let api: ServedApi
let productId: number
let plainProductId: number

beforeAll(async () => {
  api = await serveApi(stores)
  productId = await api.createProduct({ demo: true })
  plainProductId = await api.createProduct()
})
afterAll(() => api.close())

describe('admin credentials', () => {
  const calls: [path: string, options: CallOptions][] = [
    ['/admin/products', { json: { name: 'x', stock: 1 } }],
    ['/admin/products/1/restock', { json: { quantity: 1 } }],
    ['/admin/products/1/reset', { json: { stock: 1 } }],
    ['/admin/products/1/verify', {}],
    ['/admin/products/1', { method: 'PATCH', json: { name: 'x' } }],
    ['/admin/products/1/open', { method: 'POST' }],
    ['/admin/products/1/close', { method: 'POST' }],
    ['/admin/purchases', {}],
    ['/admin/queue', {}],
    ['/admin/queue/pause', { method: 'POST' }],
    ['/admin/queue/resume', { method: 'POST' }],
    ['/admin/locks', {}],
    ['/admin/locks/events', {}],
    ['/admin/locks/assets/locks.js', {}],
    ['/admin/purchases/search?q=c-1', {}],
    ['/admin/queues', {}],
    ['/admin/queues/api/queues', {}],
    ['/admin/queues/static/favicon-32x32.png', {}],
    ['/ADMIN/queues', {}],
    ['/admin/nowhere', {}],
  ]
  const headers: [what: string, headers: Record<string, string>][] = [
    ['none', {}],
    ['wrong password', wrongAdminHeaders],
    ['wrong user', { authorization: basic('root', tokens.admin) }],
    ["another admin's user", { authorization: basic('watcher', tokens.admin) }],
    ['no colon', { authorization: `Basic ${btoa('admin')}` }],
    ['no base64', { authorization: 'Basic ???' }],
    ['empty', { authorization: 'Basic ' }],
    ['an unknown token', { authorization: 'Bearer abc' }],
    ['another scheme', { authorization: 'Digest abc' }],
    ['SQL', { authorization: `Basic ${btoa(`admin:' OR '1'='1`)}` }],
  ]
  test.each(
    calls.flatMap(([path, options]) => headers.map(([what, h]) => [path, what, options, h] as const)),
  )('%s with %s', async (path, _what, options, given) => {
    const answer = await api.call(path, { ...options, headers: given })
    expectProblem(answer, 401, 'unauthorized')
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm=/)
  })
})

describe('bodies of an admin', () => {
  const path = (action: string) => `/admin/products/${productId}/${action}`
  const rows: [what: string, path: () => string, json: unknown, field: string][] = [
    ['no name', () => '/admin/products', { stock: 1 }, 'name'],
    ['empty name', () => '/admin/products', { name: '', stock: 1 }, 'name'],
    ['long name', () => '/admin/products', { name: 'n'.repeat(201), stock: 1 }, 'name'],
    ['control character in the name', () => '/admin/products', { name: 'a\u0007', stock: 1 }, 'name'],
    ['negative stock', () => '/admin/products', { name: 'x', stock: -1 }, 'stock'],
    ['huge stock', () => '/admin/products', { name: 'x', stock: 1e12 }, 'stock'],
    ['stock as text', () => '/admin/products', { name: 'x', stock: '1' }, 'stock'],
    ['limit 0', () => '/admin/products', { name: 'x', stock: 1, perCustomerLimit: 0 }, 'perCustomerLimit'],
    ['opensAt no time', () => '/admin/products', { name: 'x', stock: 1, opensAt: 'tomorrow' }, 'opensAt'],
    [
      'opensAt in year 0',
      () => '/admin/products',
      { name: 'x', stock: 1, opensAt: '0000-01-01T00:00:00Z' },
      'opensAt',
    ],
    ['thinkMs without demo', () => '/admin/products', { name: 'x', stock: 1, thinkMs: 5 }, 'demo'],
    [
      'half a price',
      () => '/admin/products',
      { name: 'x', stock: 1, price: { amountMinor: 1 } },
      'price.currency',
    ],
    [
      'a price in fractions of a cent',
      () => '/admin/products',
      { name: 'x', stock: 1, price: { amountMinor: 0.5, currency: 'EUR' } },
      'price.amountMinor',
    ],
    ['unknown field', () => '/admin/products', { name: 'x', stock: 1, colour: 1 }, 'colour'],
    ['restock 0', () => path('restock'), { quantity: 0 }, 'quantity'],
    ['restock -1', () => path('restock'), { quantity: -1 }, 'quantity'],
    ['restock without quantity', () => path('restock'), {}, 'quantity'],
    ['reset -1', () => path('reset'), { stock: -1 }, 'stock'],
    ['reset with more', () => path('reset'), { stock: 1, demo: true }, 'demo'],
  ]
  test.each(rows)('%s', async (_what, address, json, field) => {
    const answer = await api.call(address(), { json, headers: adminHeaders })
    expectProblem(answer, 400, 'invalid-request')
    expect(answer.body.errors).toEqual([{ path: field, message: expect.stringMatching(/^expected .*/) }])
  })

  test.each([
    ['restock', { quantity: 1 }],
    ['reset', { stock: 1 }],
  ])('%s of an unknown product', async (action, json) => {
    for (const id of ['2147483647', '0', 'abc', encodeURIComponent(sqlText)]) {
      const answer = await api.call(`/admin/products/${id}/${action}`, { json, headers: adminHeaders })
      expectProblem(answer, 404, 'unknown-product')
    }
  })

  test('verify of an unknown product', async () => {
    expectProblem(
      await api.call('/admin/products/0/verify', { headers: adminHeaders }),
      404,
      'unknown-product',
    )
  })

  test('reset of a product that is no demo product', async () => {
    const address = `/admin/products/${plainProductId}/reset`
    const answer = await api.call(address, { json: { stock: 1 }, headers: adminHeaders })
    expectProblem(answer, 403, 'not-a-demo-product')
    expect((await api.call(`/products/${plainProductId}`)).body.stock).toBe(100)
  })

  test('a restock that Postgres could not count', async () => {
    const id = await api.createProduct({ stock: 1_000_000_000 })
    const restock = () =>
      api.call(`/admin/products/${id}/restock`, { json: { quantity: 1_000_000_000 }, headers: adminHeaders })
    expect((await restock()).status).toBe(200)
    const answer = await restock()
    expectProblem(answer, 400, 'invalid-request')
    expect(answer.body.errors).toMatchObject([{ path: 'quantity' }])
    expect((await api.call(`/products/${id}`)).body.stock).toBe(2_000_000_000)
  })
})

import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectProblem, sqlText } from './expect-problem.ts'
import { adminHeaders, type ServedApi, serveApi } from './served-api.ts'

const stores = isolatedStores()
let api: ServedApi

beforeAll(async () => {
  api = await serveApi(stores)
})
afterAll(() => api.close())

describe('ids in a path', () => {
  const unknownId = '01890a5d-ac96-774b-bcce-b302099a8057'
  const rows: [path: string, status: number, code: string][] = [
    ['/purchases/1', 404, 'unknown-purchase'],
    ['/purchases/wait', 404, 'unknown-purchase'],
    [`/purchases/${unknownId}`, 404, 'unknown-purchase'],
    [`/purchases/${unknownId}0`, 404, 'unknown-purchase'],
    [`/purchases/${encodeURIComponent(sqlText)}`, 404, 'unknown-purchase'],
    ['/purchases/%00', 404, 'unknown-purchase'],
    ['/purchases/%zz', 400, 'invalid-request'],
    ['/purchases/%ff', 400, 'invalid-request'],
    [`/purchases/${'9'.repeat(3_000)}`, 404, 'unknown-purchase'],
    ['/products/0', 404, 'unknown-product'],
    ['/products/-1', 404, 'unknown-product'],
    ['/products/1.5', 404, 'unknown-product'],
    ['/products/01', 404, 'unknown-product'],
    ['/products/1e3', 404, 'unknown-product'],
    ['/products/2147483647', 404, 'unknown-product'],
    ['/products/2147483648', 404, 'unknown-product'],
    [`/products/${encodeURIComponent(sqlText)}`, 404, 'unknown-product'],
    ['/products?before=x', 400, 'invalid-request'],
    [`/products?before=${encodeURIComponent(sqlText)}`, 400, 'invalid-request'],
    ['/products?before=1&before=2', 400, 'invalid-request'],
    ['/nowhere', 404, 'unknown-route'],
    ['/', 404, 'unknown-route'],
    ['/problems/__proto__', 404, 'unknown-route'],
  ]
  test.each(rows)('%s', async (path, status, code) => {
    expectProblem(await api.call(path), status, code)
  })
})

describe('methods', () => {
  const rows: [method: string, path: string, allow: string][] = [
    ['GET', '/purchases', 'POST'],
    ['DELETE', '/purchases/1', 'GET, HEAD'],
    ['PUT', '/purchases', 'POST'],
    ['OPTIONS', '/purchases', 'POST'],
    ['POST', '/products', 'GET, HEAD'],
    ['PATCH', '/products/1', 'GET, HEAD'],
    ['POST', '/livez', 'GET, HEAD'],
    ['DELETE', '/readyz', 'GET, HEAD'],
    ['GET', '/admin/products', 'POST'],
    ['PUT', '/admin/products/1/restock', 'POST'],
    ['GET', '/admin/products/1/reset', 'POST'],
    ['POST', '/admin/products/1/verify', 'GET, HEAD'],
    ['POST', '/admin/queues/api/queues/purchases/add', 'GET, HEAD, PUT'],
  ]
  test.each(rows)('%s %s', async (method, path, allow) => {
    const answer = await api.call(path, { method, headers: adminHeaders })
    expectProblem(answer, 405, 'method-not-allowed')
    expect(answer.headers.get('allow')).toBe(allow)
    expect(await api.queued()).toBe(0)
  })
})

import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectProblem, sqlText } from './expect-problem.ts'
import { type ServedApi, serveApi } from './served-api.ts'

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

const deep = { a: { b: { c: [] } } }

describe('fields of a purchase', () => {
  const rows: [what: string, fields: Record<string, unknown>, path: string, message: RegExp][] = [
    ['no productId', { productId: undefined }, 'productId', /expected a number, got nothing/],
    ['productId as text', { productId: '1' }, 'productId', /expected a number, got "1"/],
    ['productId null', { productId: null }, 'productId', /expected a number, got null/],
    ['productId negative', { productId: -1 }, 'productId', /expected at least 1, got -1/],
    ['productId 0', { productId: 0 }, 'productId', /expected at least 1, got 0/],
    ['productId 1.5', { productId: 1.5 }, 'productId', /expected a whole number, got 1.5/],
    ['productId beyond integer', { productId: 2 ** 31 }, 'productId', /expected at most 2147483647/],
    ['productId beyond double', { productId: 1e300 }, 'productId', /expected/],
    ['productId with SQL', { productId: sqlText }, 'productId', /expected a number, got/],
    ['productId nested', { productId: deep }, 'productId', /expected a number, got an object/],
    ['no customerId', { customerId: undefined }, 'customerId', /expected text, got nothing/],
    ['customerId a number', { customerId: 17 }, 'customerId', /expected text, got 17/],
    ['customerId an array', { customerId: ['a'] }, 'customerId', /expected text, got an array/],
    ['customerId empty', { customerId: '' }, 'customerId', /expected at least 1 character, got 0/],
    ['customerId too long', { customerId: 'c'.repeat(129) }, 'customerId', /at most 128 characters, got 129/],
    ['customerId with a line break', { customerId: 'a\nb' }, 'customerId', /without control characters/],
    ['customerId with NUL', { customerId: 'a\u0000b' }, 'customerId', /without control characters/],
    ['customerId with DEL', { customerId: 'a\u007f' }, 'customerId', /without control characters/],
    ['customerId with C1', { customerId: 'a\u0085' }, 'customerId', /without control characters/],
    ['quantity 0', { quantity: 0 }, 'quantity', /expected at least 1, got 0/],
    ['quantity 11', { quantity: 11 }, 'quantity', /expected at most 10, got 11/],
    ['quantity 1.5', { quantity: 1.5 }, 'quantity', /expected a whole number, got 1.5/],
    ['quantity as text', { quantity: '1' }, 'quantity', /expected a number, got "1"/],
    ['quantity 1e9', { quantity: 1e9 }, 'quantity', /expected at most 10, got 1000000000/],
    ['quantity negative', { quantity: -1 }, 'quantity', /expected at least 1/],
    ['quantity null', { quantity: null }, 'quantity', /expected a number, got null/],
    ['quantity true', { quantity: true }, 'quantity', /expected a number, got true/],
    ['an unknown strategy', { strategy: 'fast' }, 'strategy', /expected one of locked, naive, got "fast"/],
    ['strategy with SQL', { strategy: sqlText }, 'strategy', /expected one of locked, naive/],
    ['an unknown field', { price: 1 }, 'price', /expected no field of this name/],
    ['its own status', { status: 'confirmed' }, 'status', /expected no field of this name/],
    ['its own outcome', { outcome: 'confirmed' }, 'outcome', /expected no field of this name/],
    ['its own order', { orderId: 1 }, 'orderId', /expected no field of this name/],
    ['its own job id', { jobId: 'wait' }, 'jobId', /expected no field of this name/],
    ['its own time', { acceptedAt: '2000-01-01T00:00:00Z' }, 'acceptedAt', /expected no field of this name/],
    ['an unknown field with SQL', { [sqlText]: 1 }, sqlText, /expected no field of this name/],
    ['a field named constructor', { constructor: 1 }, 'constructor', /expected no field of this name/],
  ]
  test.each(rows)('%s', async (_what, fields, path, message) => {
    const answer = await api.call('/purchases', { json: { productId, customerId: 'c-1', ...fields } })
    expectProblem(answer, 400, 'invalid-request')
    expect(answer.body.errors).toEqual([{ path, message: expect.stringMatching(message) }])
    expect(await api.queued()).toBe(0)
  })
})

describe('bodies of a purchase', () => {
  const valid = () => `{"productId":${productId},"customerId":"c-1"}`
  const withField = (field: string) => () => `{"productId":${productId},"customerId":"c-1",${field}}`
  const json = 'application/json'
  const rows: [
    what: string,
    raw: () => string | Uint8Array<ArrayBuffer>,
    type: string,
    status: number,
    code: string,
  ][] = [
    ['no JSON', () => '{"productId":', json, 400, 'malformed-json'],
    ['empty', () => '', json, 400, 'malformed-json'],
    ['bytes that are no UTF-8', () => new Uint8Array([0x22, 0xff, 0xfe, 0x22]), json, 400, 'malformed-json'],
    ['JSON in UTF-16', () => new Uint8Array([0xff, 0xfe, 0x7b, 0, 0x7d, 0]), json, 400, 'malformed-json'],
    ['an array', () => `[${valid()}]`, json, 400, 'invalid-request'],
    ['null', () => 'null', json, 400, 'invalid-request'],
    ['a text', () => '"buy"', json, 400, 'invalid-request'],
    ['__proto__', withField('"__proto__":{"quantity":2}'), json, 400, 'invalid-request'],
    ['__proto__ null', withField('"__proto__":null'), json, 400, 'invalid-request'],
    [
      'a lone surrogate',
      () => `{"productId":${productId},"customerId":"\\ud800"}`,
      json,
      400,
      'invalid-request',
    ],
    ['a lone surrogate in a key', withField('"\\udfff":1'), json, 400, 'invalid-request'],
    ['over 4 kB', () => `${valid()}${' '.repeat(4_096)}`, json, 413, 'body-too-large'],
    ['over 1 MB', () => `${valid()}${' '.repeat(1_100_000)}`, json, 413, 'body-too-large'],
    [
      'a form',
      () => 'productId=1&customerId=c-1',
      'application/x-www-form-urlencoded',
      415,
      'unsupported-media-type',
    ],
    ['text', valid, 'text/plain', 415, 'unsupported-media-type'],
    ['another JSON type', valid, 'application/jsonp', 415, 'unsupported-media-type'],
    ['another charset', valid, 'application/json; charset=latin1', 415, 'unsupported-media-type'],
    ['a multipart form', valid, 'multipart/form-data; boundary=x', 415, 'unsupported-media-type'],
  ]
  test.each(rows)('%s', async (_what, raw, type, status, code) => {
    const answer = await api.call('/purchases', {
      method: 'POST',
      raw: raw(),
      headers: { 'content-type': type },
    })
    expectProblem(answer, status, code)
    expect(await api.queued()).toBe(0)
  })

  test('compressed', async () => {
    const headers = { 'content-type': json, 'content-encoding': 'gzip' }
    expectProblem(await api.call('/purchases', { raw: valid(), headers }), 415, 'unsupported-media-type')
    expect(await api.queued()).toBe(0)
  })

  test('hundreds of unknown fields: the answer stays short', async () => {
    const fields = Object.fromEntries(Array.from({ length: 400 }, (_, n) => [`f${n}`, 1]))
    const answer = await api.call('/purchases', { json: fields })
    expectProblem(answer, 400, 'invalid-request')
    expect(answer.body.errors).toHaveLength(10)
  })
})

describe('what cannot be bought', () => {
  test('an unknown product', async () => {
    const answer = await api.call('/purchases', { json: { productId: 2_147_483_647, customerId: 'c-1' } })
    expectProblem(answer, 404, 'unknown-product')
  })
  test('a plain product with the naive strategy', async () => {
    const json = { productId: plainProductId, customerId: 'c-1', strategy: 'naive' }
    expectProblem(await api.call('/purchases', { json }), 403, 'strategy-not-allowed')
  })
  test('a product whose sale has not opened', async () => {
    const opensAt = new Date(Date.now() + 3_600_000).toISOString()
    const json = { productId: await api.createProduct({ opensAt }), customerId: 'c-1' }
    const answer = await api.call('/purchases', { json })
    expectProblem(answer, 403, 'sale-not-open')
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(3_000)
    expect(answer.body.detail).toContain(opensAt)
  })
  afterAll(async () => expect(await api.queued()).toBe(0))
})

test('SQL in a customerId and in a name is text like any other', async () => {
  const id = await api.createProduct({ name: sqlText })
  expect((await api.call(`/products/${id}`)).body.name).toBe(sqlText)
  const { status, body } = await api.call('/purchases', { json: { productId: id, customerId: sqlText } })
  expect(status).toBe(202)
  const job = await api.queue.getJob(body.jobId)
  expect(job?.data).toEqual({ productId: id, customerId: sqlText, quantity: 1 })
})

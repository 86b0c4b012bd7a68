/** What the shop window is served and asks for, without a browser. */
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { jwtEnv } from './customer-token.ts'
import { readEvents } from './event-reader.ts'
import { expectProblem } from './expect-problem.ts'
import { adminHeaders, eventually, type ServedApi, serveApi } from './served-api.ts'

const stores = isolatedStores()
let demo: ServedApi
let plain: ServedApi
let withTokens: ServedApi
beforeAll(async () => {
  ;[demo, plain, withTokens] = await Promise.all([
    serveApi(stores),
    serveApi(stores, { demoStrategies: false }),
    serveApi(stores, { env: jwtEnv }),
  ])
})
afterAll(() => Promise.all([demo, plain, withTokens].map((api) => api.close())))

describe('the page', () => {
  test('loads its own files only, which are there, and runs no script of its text', async () => {
    const page = await demo.call('/')
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'self'.*frame-ancestors 'none'/)
    expect(page.text).not.toMatch(/<script(?![^>]* src=)|\son\w+=/)
    const files = [...page.text.matchAll(/(?:src|href)="((?:shop|assets)\/[^"]+)"/g)].map(([, file]) => file)
    expect(files).toEqual(['assets/icon.svg', 'assets/page.css', 'shop/shop.css', 'shop/shop.js'])
    const script = await demo.call('/shop/shop.js')
    const imported = [...script.text.matchAll(/from '\.\/([^']+)'/g)].map(([, file]) => `shop/${file}`)
    expect(imported.length).toBeGreaterThan(3)
    for (const file of [...files, ...imported]) {
      const { status, headers } = await demo.call(`/${file}`)
      expect([file, status, headers.get('x-content-type-options')]).toEqual([file, 200, 'nosniff'])
    }
  })

  test('is kept by browsers, and asked for again each time', async () => {
    const first = await demo.call('/shop/shop.css')
    expect(first.headers.get('cache-control')).toBe('no-cache')
    const etag = first.headers.get('etag') ?? ''
    const again = await demo.call('/shop/shop.css', {
      headers: { 'if-none-match': etag, 'cache-control': 'max-age=0' },
    })
    expect([again.status, again.text]).toEqual([304, ''])
  })

  test.each(['/shop/nothing.js', '/shop/race.html', '/shop/..%2f..%2fapp.ts', '/shop'])(
    '%s is not there',
    async (path) => expectProblem(await demo.call(path), 404, 'unknown-route'),
  )

  test('has the race only where anybody may buy naively', async () => {
    const pages = await Promise.all([demo, plain, withTokens].map(async (api) => (await api.call('/')).text))
    expect(pages.map((text) => text.includes('id="race"'))).toEqual([true, false, false])
    expect(pages.map((text) => /data-customer-from="(\w+)"/.exec(text)?.[1])).toEqual([
      'body',
      'body',
      'token',
    ])
  })
})

describe('a product that is watched', () => {
  const streamOf = (id: number | string) => readEvents(`http://127.0.0.1:${demo.port}/products/${id}/events`)

  test('tells its stock and sale now and whenever they change', async () => {
    const opensAt = new Date(Date.now() + 3_600_000).toISOString()
    const id = await demo.createProduct({ stock: 5, opensAt })
    const stream = await streamOf(id)
    expect(stream.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const fields = { opensAt, closesAt: null, now: expect.any(String) }
    expect(await stream.next()).toMatchObject({
      event: 'product',
      data: { stock: 5, saleStatus: 'upcoming', ...fields },
    })
    await demo.call(`/admin/products/${id}/restock`, { json: { quantity: 2 }, headers: adminHeaders })
    expect((await stream.next())?.data).toMatchObject({ stock: 7, saleStatus: 'upcoming' })
    await demo.call(`/admin/products/${id}/open`, { method: 'POST', headers: adminHeaders })
    expect((await stream.next())?.data).toMatchObject({ stock: 7, saleStatus: 'open' })
    stream.leave()
  })

  test('has to exist', async () => {
    for (const id of ['2147483647', 'abc'])
      expectProblem(await demo.call(`/products/${id}/events`), 404, 'unknown-product')
    const id = await demo.createProduct()
    const head = await demo.call(`/products/${id}/events`, { method: 'HEAD' })
    expect([head.status, head.text]).toEqual([200, ''])
    expectProblem(await demo.call(`/products/${id}/events`, { method: 'POST' }), 405, 'method-not-allowed')
  })

  test('ends when the api does, which waits for nobody', async () => {
    const id = await demo.createProduct()
    const own = await serveApi(stores)
    const stream = await readEvents(`http://127.0.0.1:${own.port}/products/${id}/events`)
    await stream.next()
    await own.close()
    expect(await stream.next()).toBeUndefined()
  })
})

describe('a race', () => {
  const start = (api: ServedApi) => api.call('/demo/races', { method: 'POST' })
  const turn = `${stores.keyPrefix}limit:demo-race`

  test('uses the same two products, one race at a time over all processes', async () => {
    expectProblem(await demo.call('/demo/races/latest'), 404, 'unknown-product')
    const other = await serveApi(stores)
    await eventually(async () => (await other.call('/readyz')).status === 200)
    const answers = await Promise.all([demo, other, demo].map(start))
    await other.close()
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 429, 429])
    const refused = answers.find(({ status }) => status === 429)
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    const race = answers.find(({ status }) => status === 201)?.body
    expect(race).toMatchObject({
      units: 100,
      naive: { stock: 100, sold: 0 },
      locked: { stock: 100, sold: 0 },
    })
    expect((await demo.call('/demo/races/latest')).body).toEqual(race)

    const productId = race?.locked.productId ?? 0
    const buyers = Array.from({ length: 11 }, (_, buyer) => `c-${buyer}`)
    await demo.database.run(
      'selling all',
      (sql) => sql`
        SELECT settle_purchases(${productId}, 1, ${buyers.map(() => crypto.randomUUID())}::uuid[],
                                ${buyers}::text[], ${buyers.map(() => 10)}::int[],
                                ${buyers.map(() => '2026-01-31T12:00:00Z')}::timestamptz[])`,
    )
    expect((await demo.call('/demo/races/latest')).body.locked).toEqual({
      productId,
      stock: 0,
      sold: 100,
      refused: 1,
    })
    // As if its time were over.
    await demo.redis.del(turn)
    expect((await start(demo)).body).toEqual(race)
  })

  test.each(['plain', 'withTokens'] as const)('is not there: %s', async (which) => {
    const api = { plain, withTokens }[which]
    expectProblem(await start(api), 404, 'unknown-route')
    expectProblem(await api.call('/demo/races/latest'), 404, 'unknown-route')
  })
})

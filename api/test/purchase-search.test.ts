import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { type PurchaseSearch, purchaseSearchSchema } from '@flash-sale/shared/contract/purchase-search.ts'
import { v7 } from 'uuid'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectProblem, sqlText } from './expect-problem.ts'
import { type ServedApi, serveApi, viewerHeaders } from './served-api.ts'
import { settle } from './settled-by-hand.ts'

const stores = isolatedStores()
const html = { accept: 'text/html' }
let api: ServedApi
let productId: number
/** In the queue, without an outcome. */
let waiting: string
/** Settled, and forgotten by the queue. */
let [settledId, otherId] = ['', '']
let orderId: number | undefined

beforeAll(async () => {
  api = await serveApi(stores)
  productId = await api.createProduct({ stock: 100 })
  waiting = (await api.call('/purchases', { json: { productId, customerId: 'c-wait' } })).body.jobId
  ;[settledId, otherId] = [v7(), v7()]
  ;({ orderId } = await settle(api, productId, settledId, 'c-1'))
  // A customer whose name is the number of the other's order.
  await settle(api, productId, otherId, String(orderId))
})
afterAll(() => api.close())

const find = (q: string, headers: Record<string, string> = {}) =>
  api.call(`/admin/purchases/search?q=${encodeURIComponent(q)}`, {
    headers: { ...viewerHeaders, ...headers },
  })
const found = async (q: string): Promise<PurchaseSearch['purchases']> =>
  purchaseSearchSchema.parse((await find(q)).body).purchases

describe('finds', () => {
  test.each<[what: string, q: () => string, expected: () => object[]]>([
    [
      'by job id, in the queue',
      () => waiting,
      () => [
        {
          ...{ jobId: waiting, customerId: 'c-wait', status: 'queued', foundBy: 'job' },
          jobUrl: `/admin/queues/queue/purchases/${waiting}`,
        },
      ],
    ],
    [
      'by job id, settled',
      () => settledId.toUpperCase(),
      () => [{ jobId: settledId, customerId: 'c-1', status: 'confirmed', orderId, foundBy: 'job' }],
    ],
    [
      'by customer',
      () => ' c-1 ',
      () => [{ jobId: settledId, quantity: 1, productId, orderId, foundBy: 'customer' }],
    ],
    [
      'by order, and the customer who is called so',
      () => String(orderId),
      () => [
        { jobId: settledId, foundBy: 'order' },
        { jobId: otherId, foundBy: 'customer' },
      ],
    ],
    [
      'by customer, in the queue',
      () => 'c-wait',
      () => [{ jobId: waiting, status: 'queued', foundBy: 'customer', jobUrl: expect.any(String) }],
    ],
    ['nothing for nobody', () => 'c-nobody', () => []],
    ['nothing for a job id that was never given', () => v7(), () => []],
    ['nothing for an order beyond all', () => '9223372036854775808', () => []],
    ['nothing for SQL', () => sqlText, () => []],
    ['nothing for a name that is a column', () => '__proto__', () => []],
  ])('%s', async (_what, q, expected) => {
    const purchases = await found(q())
    expect(purchases).toMatchObject(expected())
    expect(purchases).toHaveLength(expected().length)
  })

  test('who waits before what is settled, and says how far it has looked', async () => {
    await settle(api, productId, v7(), 'c-both')
    const purchase = { productId, customerId: 'c-both' }
    const { jobId } = (await api.call('/purchases', { json: purchase })).body
    const { body } = await find('c-both')
    const search = purchaseSearchSchema.parse(body)
    expect(search.purchases.map(({ status }) => status)).toEqual(['queued', 'confirmed'])
    expect(search.purchases[0]).toMatchObject({ jobId, foundBy: 'customer' })
    expect(search.queue).toMatchObject({ whole: true, lookedAt: search.queue?.length })
    expect((await find(jobId)).body).not.toHaveProperty('queue')
  })

  test('no link to a job that the queue has forgotten', async () => {
    expect((await found(settledId))[0]).not.toHaveProperty('jobUrl')
  })

  test('the newest fifty of a customer, and that there are more', async () => {
    for (let bought = 0; bought < 51; bought += 1) await settle(api, productId, v7(), 'c-many')
    const { body } = await find('c-many')
    expect(body).toMatchObject({ q: 'c-many', more: true })
    expect(body.purchases).toHaveLength(50)
  })
})

test.each(['', '?q=', '?q=%20', `?q=${'x'.repeat(129)}`, '?q=a%00b', '?q=a&q=b', '?q=a&b=c'])(
  '%s is told what is expected',
  async (query) => {
    const path = `/admin/purchases/search${query}`
    expectProblem(await api.call(path, { headers: viewerHeaders }), 400, 'invalid-request')
    const page = await api.call(path, { headers: { ...viewerHeaders, ...html } })
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(page.text).toContain('Expected a job id, the number of an order or a customer')
  },
)

describe('the page', () => {
  test('links to the job, the order and the customer', async () => {
    const inQueue = (await find(waiting, html)).text
    expect(inQueue).toContain(`<a href="/admin/queues/queue/purchases/${waiting}">`)
    const settled = (await find(settledId, html)).text
    expect(settled).toContain(`<a href="/orders/${orderId}">${orderId}</a>`)
    expect(settled).toContain('<a href="/admin/purchases/search?q=c-1">c-1</a>')
    expect(settled).toContain('no longer in the queue')
  })

  test('says so when the queue was not looked through to its end', async () => {
    expect((await find('c-1', html)).text).not.toContain('cut short')
    // Far more than are looked at: entries of no job.
    await api.redis.rpush(api.queue.toKey('wait'), ...Array.from({ length: 20_000 }, (_, n) => `none-${n}`))
    const { queue } = (await find('c-1')).body
    expect(queue).toEqual({ lookedAt: 20_000, length: expect.any(Number), whole: false })
    const { text } = await find('c-1', html)
    expect(text).toMatch(/cut short after 20,000 of 20,0\d\d purchases without an outcome/)
    expect(text).toContain(settledId)
    await api.redis.ltrim(api.queue.toKey('wait'), 0, -20_001)
  })

  test('what was asked for stays text', async () => {
    const text = (await find('"><script>alert(1)</script>', html)).text
    expect(text).toContain('&quot;&gt;&lt;script&gt;')
    expect(text).not.toContain('<script')
  })
})

test('an order is looked up below /admin where customers need tokens', async () => {
  const closed = await serveApi(stores, {
    env: {
      AUTH_MODE: 'jwt',
      JWT_SECRET: 'x'.repeat(32),
      JWT_ALGORITHMS: 'HS256',
      JWT_ISSUER: 'https://id.example',
      JWT_AUDIENCE: 'shop',
    },
  })
  try {
    const { text } = await closed.call(`/admin/purchases/search?q=${settledId}`, {
      headers: { ...viewerHeaders, ...html },
    })
    expect(text).toContain(`<a href="/admin/purchases/search?q=${orderId}">`)
    expect(text).not.toContain('/orders/')
  } finally {
    await closed.close()
  }
})

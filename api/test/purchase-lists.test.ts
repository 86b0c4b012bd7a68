/** Orders and lists of settled purchases: what is on a page, and who may see it. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { orderSchema } from '@flash-sale/shared/contract/order.ts'
import { adminPurchaseListSchema, purchaseListSchema } from '@flash-sale/shared/contract/purchase-list.ts'
import express from 'express'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Caller, noEnd, setCaller } from '../src/caller.ts'
import { customersRoute } from '../src/customers-route.ts'
import { ordersRoute } from '../src/orders-route.ts'
import { expectProblem, sqlText } from './expect-problem.ts'
import { type Answer, adminHeaders, type ServedApi, serveApi } from './served-api.ts'

const stores = isolatedStores()
let api: ServedApi

beforeAll(async () => {
  api = await serveApi(stores)
})
afterAll(() => api.close())

interface Stored {
  customerId: string
  productId?: number
  outcome?: string
  /** Microseconds; equal ones are a batch. */
  settledAtUs?: number
}

/** Stores settled purchases as the engine leaves them, with the orders of the confirmed ones. @returns their ids. */
const store = async (purchases: readonly Stored[]): Promise<string[]> => {
  const ids = purchases.map(() => crypto.randomUUID())
  const column = (of: (purchase: Stored) => string | number) => purchases.map(of)
  await api.database.run(
    'storing purchases',
    (sql) => sql`
      WITH stored AS (
        INSERT INTO purchases (id, product_id, customer_id, quantity, outcome, stock_left, accepted_at, settled_at)
        SELECT id, product, customer, 1, outcome, 5, '2026-01-01Z',
               '2026-01-02Z'::timestamptz + us * interval '1 microsecond'
          FROM unnest(${ids}::uuid[], ${column((p) => p.customerId)}::text[], ${column((p) => p.productId ?? 1)}::int[],
                      ${column((p) => p.outcome ?? 'confirmed')}::text[], ${column((p) => p.settledAtUs ?? 0)}::int[])
               AS g(id, customer, product, outcome, us)
        RETURNING *
      )
      INSERT INTO orders (purchase_id, product_id, customer_id, quantity)
      SELECT id, product_id, customer_id, quantity FROM stored WHERE outcome = 'confirmed'`,
  )
  return ids
}

const customerPath = (customerId: string) => `/customers/${encodeURIComponent(customerId)}/purchases`
const listOf = (customerId: string, query = '') => api.call(`${customerPath(customerId)}${query}`)
const adminList = (query: string) => api.call(`/admin/purchases${query}`, { headers: adminHeaders })
const idsOn = (answer: Answer): string[] => answer.body.purchases.map(({ jobId }) => jobId)

describe('an order', () => {
  test('is shown without its customer to callers whom nobody knows', async () => {
    const [jobId] = await store([{ customerId: 'c-order', productId: 7 }])
    const orderId = (await listOf('c-order')).body.purchases[0]?.orderId
    const answer = await api.call(`/orders/${orderId}`)
    expect(answer.status).toBe(200)
    expect(orderSchema.parse(answer.body)).toEqual({
      orderId,
      jobId,
      productId: 7,
      quantity: 1,
      createdAt: expect.any(String),
    })
  })

  test.each([
    '0',
    '-1',
    '01',
    '1e3',
    '9223372036854775807',
    '9223372036854775808',
    'x',
    '9'.repeat(2_000),
    encodeURIComponent(sqlText),
  ])('%s is unknown', async (id) => expectProblem(await api.call(`/orders/${id}`), 404, 'unknown-order'))
})

describe('who may see what', () => {
  let server: Server
  let orderId: number
  const callers: Record<string, Caller> = {
    anyone: { kind: 'anyone' },
    owner: { kind: 'customer', customerId: 'c-seen', validUntilMs: noEnd },
    other: { kind: 'customer', customerId: 'c-other', validUntilMs: noEnd },
    me: { kind: 'customer', customerId: 'me', validUntilMs: noEnd },
    viewer: { kind: 'admin', name: 'v', role: 'viewer', validUntilMs: noEnd },
  }
  beforeAll(async () => {
    await store([{ customerId: 'c-seen' }, { customerId: 'me' }])
    orderId = Number((await listOf('c-seen')).body.purchases[0]?.orderId)
    const app = express()
    app.use((request, _response, next) => {
      const caller = callers[String(request.headers['x-caller'])]
      if (caller) setCaller(request, caller)
      next()
    })
    app.use(ordersRoute(api.database), customersRoute(api.database))
    await new Promise<void>((resolve) => {
      server = app.listen(0, '127.0.0.1', () => resolve())
    })
  })
  afterAll(() => new Promise((resolve) => server.close(resolve)))

  interface AskedAnswer {
    code?: string
    detail?: string
    customerId?: string
    purchases?: { jobId: string }[]
  }

  const ask = async (caller: string, path: string) => {
    const { port } = server.address() as AddressInfo
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { 'x-caller': caller, connection: 'close' },
    })
    return { status: response.status, body: (await response.json()) as AskedAnswer }
  }

  test.each([
    ['owner', 200],
    ['viewer', 200],
    ['other', 404],
  ])('the order and the list of c-seen, by %s: %i', async (caller, status) => {
    const order = await ask(caller, `/orders/${orderId}`)
    const list = await ask(caller, customerPath('c-seen'))
    expect([order.status, list.status]).toEqual([status, status])
    if (status === 200) {
      expect(order.body.customerId).toBe('c-seen')
      expect(list.body.purchases).toHaveLength(1)
    } else {
      // As of an order and a customer that there never was.
      const unknown = await ask('owner', '/orders/9223372036854775807')
      expect(order.body).toEqual({ ...unknown.body, detail: `there is no order "${orderId}"` })
      const nobody = await ask(caller, customerPath('c-nobody'))
      expect(list.body).toEqual({ ...nobody.body, detail: 'there is no customer "c-seen"' })
      expect(list.body.code).toBe('unknown-customer')
    }
  })

  test('me is the caller, whatever the caller is called', async () => {
    expect((await ask('owner', '/customers/me/purchases')).body).toEqual(
      (await ask('owner', customerPath('c-seen'))).body,
    )
    expect((await ask('other', '/customers/me/purchases')).body).toEqual({ purchases: [] })
    const [ofMe] = (await ask('me', '/customers/me/purchases')).body.purchases ?? []
    expect(ofMe?.jobId).toBe((await adminList('?customerId=me')).body.purchases[0]?.jobId)
  })

  test.each(['anyone', 'viewer'])('me without a customer, by %s', async (caller) => {
    for (const path of ['/customers/me/purchases', '/customers/%6De/purchases']) {
      const answer = await ask(caller, path)
      expect([answer.status, answer.body.code]).toEqual([400, 'invalid-request'])
      expect(answer.body.detail).toMatch(/^me: expected the token of a customer/)
    }
  })
})

describe('a list', () => {
  test('of a customer, the last settled first', async () => {
    const ids = await store([
      { customerId: 'c-list', outcome: 'confirmed', settledAtUs: 1_001 },
      { customerId: 'c-list', outcome: 'sold_out', settledAtUs: 1_002, productId: 2 },
      { customerId: 'c-list-2', settledAtUs: 1_003 },
    ])
    const answer = await listOf('c-list')
    expect(answer.status).toBe(200)
    expect(purchaseListSchema.parse(answer.body)).toEqual({
      purchases: [
        {
          jobId: ids[1],
          productId: 2,
          quantity: 1,
          status: 'sold_out',
          acceptedAt: '2026-01-01T00:00:00.000Z',
          settledAt: '2026-01-02T00:00:00.001Z',
        },
        expect.objectContaining({ jobId: ids[0], status: 'confirmed', orderId: expect.any(Number) }),
      ],
    })
    expect(idsOn(await listOf('c-list', '?outcome=confirmed'))).toEqual([ids[0]])
  })

  test('of a customer who has bought nothing is empty', async () => {
    expect((await listOf('c-new')).body).toEqual({ purchases: [] })
  })

  test.each(['a/b', sqlText, 'Ω “Ltd.” 🛒', '%', "' OR '1'='1"])(
    'of customer %j is theirs only',
    async (customerId) => {
      const [id] = await store([{ customerId }])
      expect(idsOn(await listOf(customerId))).toEqual([id])
      expect(idsOn(await adminList(`?customerId=${encodeURIComponent(customerId)}`))).toEqual([id])
    },
  )

  test.each(['%00', 'x'.repeat(129)])('of %s, who can be no customer', async (customerId) => {
    expectProblem(await api.call(`/customers/${customerId}/purchases`), 404, 'unknown-customer')
  })

  test('for admins by product, customer and outcome', async () => {
    const all: Required<Omit<Stored, 'settledAtUs'>>[] = []
    for (const productId of [101, 102])
      for (const customerId of ['c-x', 'c-y'])
        for (const outcome of ['confirmed', 'sold_out', 'failed'])
          all.push({ productId, customerId, outcome })
    const ids = await store(all)
    const filters = [
      {},
      { productId: 101 },
      { customerId: 'c-x' },
      { outcome: 'failed' },
      { productId: 102, outcome: 'sold_out' },
      { productId: 101, customerId: 'c-y' },
      { customerId: 'c-y', outcome: 'confirmed' },
      { productId: 102, customerId: 'c-x', outcome: 'failed' },
      { productId: 103 },
    ]
    for (const filter of filters) {
      const query = new URLSearchParams({
        limit: '100',
        ...Object.fromEntries(Object.entries(filter).map(([k, v]) => [k, String(v)])),
      })
      const answer = await adminList(`?${query}`)
      const passes = ids.filter((_, at) =>
        Object.entries(filter).every(
          ([key, value]) => all[at]?.[key as keyof (typeof all)[number]] === value,
        ),
      )
      const { purchases } = adminPurchaseListSchema.parse(answer.body)
      const ours = purchases.filter(({ jobId }) => ids.includes(jobId))
      expect(ours.map(({ jobId }) => jobId).toSorted()).toEqual(passes.toSorted())
      for (const purchase of ours)
        expect(purchase).toMatchObject({
          stockLeft: 5,
          ...('customerId' in filter ? { customerId: filter.customerId } : {}),
        })
    }
  })

  const place = Buffer.concat([Buffer.alloc(1), Buffer.alloc(23, 0x7f)]).toString('base64url')
  test.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=many', 'limit'],
    ['limit=', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['outcome=queued', 'outcome'],
    ['outcome=confirmed&outcome=failed', 'outcome'],
    [`outcome=${encodeURIComponent(sqlText)}`, 'outcome'],
    ['cursor=', 'cursor'],
    ['cursor=abc', 'cursor'],
    [`cursor=${'_'.repeat(32)}`, 'cursor'],
    [`cursor=${place}A`, 'cursor'],
    [`cursor=${place.slice(1)}`, 'cursor'],
    [`cursor=${place}&cursor=${place}`, 'cursor'],
    [`cursor=${encodeURIComponent(sqlText)}`, 'cursor'],
    ['page=2', 'page'],
    ['__proto__=1', '__proto__'],
  ])('with %s is refused', async (query, path) => {
    for (const answer of [await listOf('c-list', `?${query}`), await adminList(`?${query}`)]) {
      expectProblem(answer, 400, 'invalid-request')
      expect(answer.body.errors).toEqual([{ path, message: expect.stringMatching(/^expected /) }])
    }
  })
  test.each(['productId=0', 'productId=x', 'productId=2147483648', 'customerId=', 'customerId=%00'])(
    'for admins with %s is refused',
    async (query) => {
      const answer = await adminList(`?${query}`)
      expectProblem(answer, 400, 'invalid-request')
      expect(answer.body.errors).toMatchObject([{ path: query.split('=')[0] }])
    },
  )
  test('with a cursor that was changed is another part of the same list', async () => {
    const answer = await listOf('c-list', `?cursor=${place}`)
    expect(answer.status).toBe(200)
    expect(idsOn(answer)).toEqual(idsOn(await listOf('c-list')))
    expect((await listOf('c-list', `?cursor=${'A'.repeat(32)}`)).body).toEqual({ purchases: [] })
  })
})

describe('pages', () => {
  let customers = 0
  /** Some settled at the same microsecond, of several products and outcomes. */
  const purchase = fc.record({
    settledAtUs: fc.integer({ min: 0, max: 12 }),
    productId: fc.constantFrom(201, 202, 203),
    outcome: fc.constantFrom('confirmed', 'sold_out', 'limit_reached'),
  })

  test('hold every purchase exactly once, in order, whatever their sizes and whatever is settled meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(purchase, { maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        fc.array(purchase, { maxLength: 5 }),
        fc.constantFrom('customer', 'admin'),
        async (before, sizes, meanwhile, who) => {
          customers += 1
          const customerId = `c-pages-${customers}`
          // Products of this run alone, so that an admin's list by product holds nothing else.
          const own = (p: { productId: number }) => ({
            ...p,
            customerId,
            productId: p.productId + customers * 1_000,
          })
          const ids = await store(before.map(own))
          const productId = 201 + customers * 1_000
          const wanted = ids.filter((_, at) => who === 'customer' || before[at]?.productId === 201)
          const seen: { jobId: string; settledAt: string }[] = []
          let cursor: string | undefined
          let page = 0
          do {
            const limit = sizes[page % sizes.length] ?? 1
            const query = `limit=${limit}${cursor === undefined ? '' : `&cursor=${cursor}`}`
            const answer =
              who === 'customer'
                ? await listOf(customerId, `?${query}`)
                : await adminList(`?${query}&productId=${productId}`)
            expect(answer.status).toBe(200)
            seen.push(...answer.body.purchases)
            cursor = answer.body.nextCursor
            expect(answer.body.purchases.length).toBe(
              cursor === undefined ? answer.body.purchases.length : limit,
            )
            await store(
              meanwhile.map((p) =>
                own({ ...p, ...(page % 2 === 0 ? {} : { settledAtUs: p.settledAtUs + 100 }) }),
              ),
            )
            page += 1
          } while (cursor !== undefined && page < 200)
          const times = seen.map(({ settledAt }) => settledAt)
          expect(times).toEqual(times.toSorted().toReversed())
          expect(new Set(seen.map(({ jobId }) => jobId)).size).toBe(seen.length)
          const present = new Set(seen.map(({ jobId }) => jobId))
          expect(wanted.filter((id) => !present.has(id))).toEqual([])
        },
      ),
      { numRuns: 25 },
    )
  })
})

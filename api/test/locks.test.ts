/** `/admin/locks` as programs and browsers without scripts see it. With real workers: lock-page.test.ts. */
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { type LockOverview, lockOverviewSchema } from '@flash-sale/shared/contract/locks.ts'
import { redisKeys } from '@flash-sale/shared/redis-keys.ts'
import { type WorkerReport, writeWorkerReport } from '@flash-sale/shared/worker-reports.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readEvents } from './event-reader.ts'
import { expectProblem } from './expect-problem.ts'
import { adminHeaders, eventually, type ServedApi, serveApi, viewerHeaders } from './served-api.ts'
import { openStoreProxy, type StoreProxy } from './store-proxy.ts'

const stores = isolatedStores()
const keys = redisKeys(stores.keyPrefix)
const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
let proxy: StoreProxy
let api: ServedApi
let [held, sold, quiet] = [0, 0, 0]

const counter = (name: string, values: [number, Record<string, string>][]) => ({
  ...{ name, help: '', type: 'counter', values },
})

beforeAll(async () => {
  proxy = await openStoreProxy(stores.redisUrl)
  api = await serveApi(
    { ...stores, redisUrl: proxy.url },
    { load: { takeTicket: () => undefined, placeOf: () => undefined, drainPerS: () => 40 } },
  )
  await eventually(async () => api.redis.status === 'ready')
  held = await api.createProduct({ name: '<b>held</b> & "quoted"' })
  sold = await api.createProduct({ stock: 5 })
  quiet = await api.createProduct({ name: 'quiet', opensAt: '2999-01-01T00:00:00Z' })

  const { lock, line, sizes } = keys.lock(held)
  const sinceMs = Date.now() - 5_000
  await api.redis.hset(lock, { owner: 'w-a:1', token: 42, purchases: 350, sinceMs })
  await api.redis.pexpire(lock, 20_000)
  await api.redis.zadd(line, 1, 'w-b:1', 2, 'w-c:1')
  await api.redis.hset(sizes, {
    ...{ 'w-b:1': 30, 'since:w-b:1': sinceMs, 'w-c:1': 20, 'since:w-c:1': sinceMs + 1_000 },
  })
  const metrics = [
    counter('flash_sale_purchases_settled_total', [
      [7, { outcome: 'confirmed', strategy: 'locked' }],
      [2, { outcome: 'confirmed', strategy: 'naive' }],
      [3, { outcome: 'sold_out', strategy: 'locked' }],
    ]),
    counter('flash_sale_leases_lost_total', [[1, {}]]),
    counter('flash_sale_lock_waiting_purchases', [[50, {}]]),
  ]
  const lines = [{ productId: held, waiting: 50, settling: 350 }]
  const products = {
    minutes: [{ productId: held, settled: 600, batches: 3, settledPerS: 40, lockWaits: [[10, 600]] }],
    ...{ allMinutes: true, outcomes: [[held, 6, 0, 0, 0, 0]], allOutcomes: true },
  } satisfies WorkerReport['products']
  for (const worker of ['w-a', 'w-b'])
    await writeWorkerReport(api.redis, keys.reports, worker, { metrics, lines, products }, 60_000)
})
afterAll(async () => {
  await proxy.up()
  await api.redis.unlink(...Object.values(keys.lock(held)))
  await api.close()
  await proxy.close()
})

const look = async (): Promise<LockOverview> => {
  const answer = await api.call('/admin/locks', { headers: viewerHeaders })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toContain('application/json')
  return lockOverviewSchema.parse(answer.body)
}
const page = async (headers: Record<string, string>): Promise<string> => {
  const answer = await api.call('/admin/locks', { headers: { ...headers, ...html } })
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
  return answer.text
}

describe('JSON', () => {
  test('who holds, who waits, and what is known of the rest', async () => {
    const overview = await look()
    expect(overview.products).toMatchObject([
      {
        productId: held,
        name: '<b>held</b> & "quoted"',
        stock: 100,
        initialStock: 100,
        saleStatus: 'open',
        holder: { worker: 'w-a', purchases: 350, fencingToken: 42 },
        waiters: [
          { worker: 'w-b', purchases: 30 },
          { worker: 'w-c', purchases: 20 },
        ],
        waitersInLine: 2,
        waitingPurchases: 100,
        settlingPurchases: 700,
        // All of the minute at the first look.
        ...{ settled: 1_200, batches: 6, settledPerS: 80, emptyInMs: 10_000 },
        ...{ lockWaitMsP50: 9, lockWaitMsP99: 9 },
        outcomes: { confirmed: 12 },
      },
    ])
    expect(overview.products[0]?.holder?.heldMs).toBeGreaterThanOrEqual(5_000)
    expect(overview.quiet.map(({ productId }) => productId)).toEqual([quiet, sold])
    expect(overview.quiet[0]).toMatchObject({ name: 'quiet', saleStatus: 'upcoming' })
    expect(overview.workers).toMatchObject([
      { worker: 'w-a', live: true, waitingPurchases: 50, settled: 12 },
      { worker: 'w-b', live: true, waitingPurchases: 50, settled: 12 },
    ])
    expect(overview.outcomes).toMatchObject({ confirmed: 18, sold_out: 6, failed: 0 })
    expect(overview.faults).toMatchObject({ leasesLost: 2, staleTokensRefused: 0 })
    expect(await page(viewerHeaders)).toContain('<dt>Settled a second</dt><dd>–</dd>')
  })

  test('the queue: how much, how fast, until when; a pause has no end', async () => {
    await api.call('/purchases', { json: { productId: sold, customerId: 'c-1' } })
    await eventually(async () => (await look()).queue.counts.waiting === 1)
    expect((await look()).queue).toMatchObject({ paused: false, settledPerS: 40, emptyInMs: 25 })
    const shown = await page(viewerHeaders)
    expect(shown).toContain('<dt>Settled a second</dt><dd>40</dd>')
    expect(shown).toContain('empty in 0.0 s, the slowest product in 10.0 s')
    await api.call('/admin/queue/pause', { method: 'POST', headers: adminHeaders })
    const paused = await eventually(async () => {
      const { queue } = await look()
      return queue.paused && queue
    })
    expect(paused).not.toHaveProperty('emptyInMs')
    await api.call('/admin/queue/resume', { method: 'POST', headers: adminHeaders })
  })

  test('a product that waits in the queue and that no worker has taken', async () => {
    const untaken = await api.createProduct({ name: 'Untaken', stock: 5 })
    for (const customerId of ['c-1', 'c-2', 'c-3'])
      await api.call('/purchases', { json: { productId: untaken, customerId } })
    const product = await eventually(async () =>
      (await look()).products.find(({ productId, depth }) => productId === untaken && depth === 3),
    )
    expect(product).toMatchObject({ name: 'Untaken', depth: 3, waitingPurchases: 0, waitersInLine: 0 })
    expect(product).not.toHaveProperty('emptyInMs')
    const { oldestWaitMs } = (await look()).queue
    expect(oldestWaitMs).toBeGreaterThan(0)
  })

  test('what was refused at the door', async () => {
    await api.call('/purchases', { json: { productId: quiet, customerId: 'c-1' } })
    await eventually(async () =>
      (await look()).refused.some(({ reason, purchases }) => reason === 'sale-not-open' && purchases === 1),
    )
  })

  test('the last count of the invariants is seen by everybody', async () => {
    expect((await look()).quiet[0]).not.toHaveProperty('invariants')
    await api.call(`/admin/products/${quiet}/verify`, { headers: viewerHeaders })
    const invariants = await eventually(async () => (await look()).quiet[0]?.invariants)
    expect(invariants).toMatchObject({ ok: true, broken: [] })
  })
})

describe('the page', () => {
  test('shows the same without scripts; text from elsewhere stays text', async () => {
    const text = await page(viewerHeaders)
    expect(text).toContain('<noscript><meta http-equiv="refresh" content="3"></noscript>')
    expect(text).toContain('&lt;b&gt;held&lt;/b&gt; &amp; &quot;quoted&quot;')
    expect(text).not.toContain('<b>held')
    expect(text).toContain('by <strong>w-a</strong> with 350 purchases</p>')
    expect(text).toContain('Contended: 2 workers in line')
    expect(text).toMatch(/<strong>w-b<\/strong>.*<strong>w-c<\/strong>/s)
    expect(text).not.toMatch(/<script(?! type="module" src="\/admin\/)/)
  })

  test('an operator may pause, a viewer sees no button for it', async () => {
    expect(await page(adminHeaders)).toContain('<form method="post" action="/admin/queue/pause"')
    expect(await page(viewerHeaders)).not.toContain('method="post"')
  })

  test('the form without scripts leads back to the page', async () => {
    const answer = await api.call('/admin/queue/resume', {
      method: 'POST',
      headers: { ...adminHeaders, ...html },
    })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/admin/locks'])
  })

  test.each(['locks.js', 'locks.css'])('%s is served to admins only', async (file) => {
    const path = `/admin/locks/assets/${file}`
    expect((await api.call(path, { headers: viewerHeaders })).status).toBe(200)
    expect((await api.call(path)).status).toBe(401)
  })

  test.each(['/admin/locks/assets/', '/admin/locks/assets/../shop/x', '/admin/locks/assets/%2e%2e/x'])(
    '%s is nothing',
    async (path) => {
      expect((await api.call(path, { headers: viewerHeaders })).status).toBe(404)
    },
  )

  test('nobody comes here without being known', async () => {
    for (const path of ['/admin/locks', '/admin/locks/events', '/admin/purchases/search?q=c-1'])
      expectProblem(await api.call(path), 401, 'unauthorized')
    const sent = await api.call('/admin/locks', { headers: html })
    expect([sent.status, sent.headers.get('location')]).toEqual([303, '/admin/sign-in?next=%2Fadmin%2Flocks'])
  })
})

describe('events', () => {
  const open = (headers: Record<string, string>) =>
    readEvents(`http://127.0.0.1:${api.port}/admin/locks/events`, headers)
  /** As soon as there is a place: those who left before may not be gone yet. */
  const openLate = () =>
    eventually(async () => {
      const reader = await open(viewerHeaders)
      if (reader.status === 200) return reader
      reader.leave()
      return false
    })

  test('the sections at once, and again after what has changed', async () => {
    const reader = await open(viewerHeaders)
    expect(reader.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const first = await reader.next()
    expect(first).toMatchObject({ event: 'seen', id: expect.stringMatching(/^\d{4}-.*Z$/) })
    expect(first?.data).toContain('by <strong>w-a</strong>')
    await api.redis.hset(keys.lock(held).lock, { owner: 'w-z:9', token: 43 })
    let data = ''
    while (!data.includes('w-z')) data = String((await reader.next())?.data ?? 'ended without w-z')
    expect(data).not.toContain('method="post"')
    reader.leave()
  })

  test('drawn for what each may do', async () => {
    const readers = await Promise.all([open(adminHeaders), open(viewerHeaders)])
    const drawn = await Promise.all(readers.map(async (reader) => String((await reader.next())?.data)))
    expect(drawn.map((data) => data.includes('action="/admin/queue/'))).toEqual([true, false])
    for (const reader of readers) reader.leave()
  })

  test('HEAD has no stream', async () => {
    const answer = await api.call('/admin/locks/events', { method: 'HEAD', headers: viewerHeaders })
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET'])
  })

  test('the one too many is told so, and finds a place when another has left', async () => {
    const readers = await Promise.all(Array.from({ length: 50 }, () => open(viewerHeaders)))
    expectProblem(await api.call('/admin/locks/events', { headers: viewerHeaders }), 503, 'overloaded')
    readers[0]?.leave()
    const late = await openLate()
    for (const reader of [late, ...readers]) reader.leave()
  })

  test('Redis away: said in all three, and over when it is back', async () => {
    const reader = await openLate()
    await reader.next()
    await proxy.down()
    let event = await reader.next()
    while (event && event.event !== 'unavailable') event = await reader.next()
    expect(event?.data).toBe('Redis does not answer')
    expectProblem(await api.call('/admin/locks', { headers: viewerHeaders }), 503, 'queue-unavailable')
    expect(await page(viewerHeaders)).toContain('Redis does not answer')
    await proxy.up()
    while (event && event.event !== 'seen') event = await reader.next()
    expect(event?.event).toBe('seen')
    reader.leave()
  })
})

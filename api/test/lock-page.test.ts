/**
 * The lock page in a browser while a real engine sells, to the buyers of a load test and to others, and one of its workers
 * is stopped with the lock in its hand.
 */
import { graveAccessibilityFindings } from '@flash-sale/local/accessibility.ts'
import { browserOfFile, type WatchedPage } from '@flash-sale/local/browser.ts'
import { type Engine, startEngine } from '@flash-sale/local/engine.ts'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import type { LockedProduct } from '@flash-sale/shared/contract/locked-product.ts'
import type { LockOverview } from '@flash-sale/shared/contract/locks.ts'
import { createLogger } from '@flash-sale/shared/logger.ts'
import { closeRedis, openCommandRedis } from '@flash-sale/shared/redis.ts'
import { redisKeys } from '@flash-sale/shared/redis-keys.ts'
import type { BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadTest } from './load-test.ts'
import { eventually } from './served-api.ts'
import { stopHolder } from './stopped-holder.ts'

const stores = isolatedStores()
const browser = browserOfFile()
const redis = openCommandRedis(
  { url: stores.redisUrl, keyPrefix: stores.keyPrefix, logger: createLogger('test', 'silent') },
  'lock page test',
)
afterAll(() => closeRedis(redis))
let engine: Engine
let productId: number
let jobId: string
let customerId: string
let headers: Record<string, string>

/** Slow enough that there is always a line, for longer than the tests take. */
const slow = { demo: true, thinkMs: 250, batchMax: 1, stock: 1_000 }
const buyers = 400

const post = async (path: string, body: unknown) => {
  const response = await fetch(engine.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  return response.json() as Promise<{ id: number; jobId?: string }>
}
const look = async (id: number): Promise<LockedProduct | undefined> => {
  const response = await fetch(`${engine.url}/admin/locks`, { headers })
  return ((await response.json()) as LockOverview).products.find((product) => product.productId === id)
}

beforeAll(async () => {
  if (!browser.available) return
  engine = await startEngine({ ...stores, workers: 2, env: { LOCK_LEASE_MS: '15000' } })
  headers = { authorization: `Bearer ${engine.admin.token}`, 'content-type': 'application/json' }
  productId = (await post('/admin/products', { name: 'Slow phone', ...slow })).id
  await post('/admin/products', { name: 'Quiet case', stock: 10 })
  const purchases = await Promise.all(
    Array.from({ length: buyers }, (_, buyer) => post('/purchases', { productId, customerId: `c-${buyer}` })),
  )
  // On a busy machine the api may refuse some of so many at once.
  const last = purchases.findLastIndex((purchase) => purchase.jobId !== undefined)
  jobId = purchases[last]?.jobId ?? ''
  customerId = `c-${last}`
})
afterAll(() => engine?.stop())

/** Signs in as people do. */
const open = async (options: BrowserContextOptions = {}): Promise<WatchedPage> => {
  const watched = await browser.openPage(options)
  const { page } = watched
  await page.goto(`${engine.url}/admin/locks`)
  await page.getByLabel('Name').fill(engine.admin.name)
  await page.getByLabel('Token').fill(engine.admin.token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { level: 1, name: 'Locks' }).waitFor()
  return watched
}
const problemsOf = ({ consoleErrors, foreignRequests }: WatchedPage): string[] => [
  ...consoleErrors,
  ...foreignRequests,
]

const leasesShownInASecond = `new Promise((resolve) => {
  const shown = new Set()
  const timer = setInterval(() => shown.add(document.querySelector('.holder [data-down]')?.textContent), 40)
  setTimeout(() => { clearInterval(timer); resolve([...shown]) }, 1000)
})`

describe.skipIf(!browser.available)('the lock page', () => {
  test('follows a load test: who holds the lock, for how much longer, who waits, and when it goes on', {
    timeout: 120_000,
  }, async () => {
    const watched = await open()
    const { page } = watched
    const tested = await post('/admin/products', { name: 'Load phone', ...slow, batchMax: 5, thinkMs: 40 })
    const card = page.locator(`#product-${tested.id}`)
    await page.locator('#live', { hasText: 'Live' }).waitFor()
    const sale = ['--product', String(tested.id), '--buyers', '400', '--stock', '300']
    const verdict = loadTest({ url: engine.url, adminToken: engine.admin.token }, ...sale)
    await card.getByText('Contended: 1 worker in line').waitFor({ timeout: 30_000 })

    const [worker] = engine.workers
    if (!worker) throw new Error('there is no worker')
    const goOn = await stopHolder(worker, redis, redisKeys(stores.keyPrefix).lock(tested.id))
    try {
      const holder = card.locator('.holder')
      const line = card.locator('.line li')
      await holder.getByText(/worker-1-[0-9a-f]{8}/).waitFor()
      await line.getByText(/worker-2-[0-9a-f]{8}/).waitFor()
      const figures = async () => {
        const [lease, wait] = await Promise.all([
          holder.locator('[data-down]').textContent(),
          line.locator('[data-up]').textContent(),
        ])
        return { leaseS: Number.parseFloat(lease ?? ''), waitS: Number.parseFloat(wait ?? '') }
      }
      const before = await figures()
      // More often than the page is told: it counts by itself.
      expect((await page.evaluate<string[]>(leasesShownInASecond)).length).toBeGreaterThan(4)
      const after = await figures()
      expect(after.leaseS).toBeLessThan(before.leaseS)
      expect(after.waitS).toBeGreaterThan(before.waitS)
      await page
        .locator('#workers')
        .getByText(/^silent for \d/)
        .waitFor()
      expect(await card.locator('.figures dd').first().textContent()).toMatch(/^\d{3} purchases$/)

      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        expect(await graveAccessibilityFindings(page)).toEqual([])
      }
    } finally {
      goOn()
    }
    const token = (await look(tested.id))?.holder?.fencingToken ?? 0
    await eventually(async () => ((await look(tested.id))?.holder?.fencingToken ?? 0) > token)
    await page
      .locator('#workers')
      .getByText(/^silent for/)
      .waitFor({ state: 'detached' })

    const { ok, output, errors } = await verdict
    expect(ok, output + errors).toBe(true)
    await card.getByText('none of 300 left').waitFor()
    // By the workers' reports, hence a second later.
    await card.locator('.outcomes').getByText('300 confirmed').waitFor()
    await card.getByRole('link', { name: 'Check the invariants of Load phone' }).click()
    await card.getByText('✓ intact').waitFor()
    expect(problemsOf(watched)).toEqual([])
    await watched.close()
  })

  test('pauses and resumes the queue, counts invariants, and keeps the focus meanwhile', async () => {
    const watched = await open()
    const { page } = watched
    await page.locator('#live', { hasText: 'Live' }).waitFor()
    const count = page.getByRole('link', { name: 'Check the invariants of Slow phone' })
    await count.focus()
    await page.keyboard.press('Enter')
    await page.locator(`#product-${productId} .invariants`).getByText('intact').waitFor()
    expect(await page.evaluate('document.activeElement.id')).toBe(`verify-${productId}`)
    // Nor is it lost when something before it comes or goes.
    await page.evaluate(`document.querySelector('#product-${productId} .holder').remove()`)
    await page.locator(`#product-${productId} .holder`).waitFor()
    expect(await page.evaluate('document.activeElement.id')).toBe(`verify-${productId}`)
    await page.getByRole('button', { name: 'Check all invariants' }).click()
    await page.getByText('3 of 3 products checked').waitFor()

    const button = page.locator('#switch-button')
    await button.click()
    await page.getByText('The queue is paused').waitFor()
    expect(await button.textContent()).toBe('Resume the queue')
    await button.click()
    await page.getByText('The queue runs.').waitFor()
    expect(problemsOf(watched)).toEqual([])
    await watched.close()
  })

  test('finds a purchase', async () => {
    const watched = await open()
    const { page } = watched
    await page.getByLabel('Find a purchase').fill(jobId)
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: jobId }).waitFor()
    await page.getByRole('link', { name: customerId, exact: true }).click()
    // By who bought as well, whether it waits still or not.
    await page.getByText(`1 purchase of ${customerId}`).waitFor()
    await page.getByRole('link', { name: jobId }).waitFor()
    expect(await graveAccessibilityFindings(page)).toEqual([])
    expect(problemsOf(watched)).toEqual([])
    await watched.close()
  })

  test('on a phone nothing is wider than the screen', async () => {
    const watched = await open({ viewport: { width: 360, height: 740 } })
    const { page } = watched
    await page.locator('#live', { hasText: 'Live' }).waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    expect(await graveAccessibilityFindings(page)).toEqual([])
    await watched.close()
  })

  test('without scripts it says the same', async () => {
    const watched = await open({ javaScriptEnabled: false })
    const text = await watched.page.locator('main').innerText()
    expect(text).toMatch(/As of \d\d:\d\d:\d\d UTC/)
    expect(text).toMatch(/Held by worker-\d-[0-9a-f]{8} with 1 purchase/)
    expect(text).toContain('Quiet case')
    expect(text).toMatch(/Lock wait p50, p99\s+[\d.]+ m?s, [\d.]+ m?s/i)
    await watched.close()
  })

  test('says so when it is not live any more', async () => {
    const watched = await open()
    const { page } = watched
    await page.locator('#live', { hasText: 'Live' }).waitFor()
    await page.route('**/admin/locks/events', (route) => route.abort())
    await engine.api.stop(10_000)
    await page.getByText('Not live: trying to connect again').waitFor()
    await watched.close()
  })
})

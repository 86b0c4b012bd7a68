/** The dashboard as people see it: a real browser on a real engine during a load test, one of whose workers stops. */
import { graveAccessibilityFindings } from '@flash-sale/local/accessibility.ts'
import { browserOfFile, type WatchedPage } from '@flash-sale/local/browser.ts'
import { type Engine, startEngine } from '@flash-sale/local/engine.ts'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { createLogger } from '@flash-sale/shared/logger.ts'
import { closeRedis, openCommandRedis } from '@flash-sale/shared/redis.ts'
import { redisKeys } from '@flash-sale/shared/redis-keys.ts'
import { Worker } from 'bullmq'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadTest } from './load-test.ts'
import { adminHeaders, adminTokens, eventually, serveApi, tokens } from './served-api.ts'
import { settle } from './settled-by-hand.ts'
import { stopHolder } from './stopped-holder.ts'

const stores = isolatedStores()
const browser = browserOfFile()
const redis = openCommandRedis(
  { url: stores.redisUrl, keyPrefix: stores.keyPrefix, logger: createLogger('test', 'silent') },
  'dashboard page test',
)
afterAll(() => closeRedis(redis))
let engine: Engine
let productId: number
let phoneId: number
let failedJobId: string

/** A purchase that is settled, and whose job failed nevertheless. */
const settledAndFailed = async (): Promise<void> => {
  const api = await serveApi(stores)
  const worker = new Worker('purchases', null, {
    connection: { url: stores.redisUrl },
    prefix: `${stores.keyPrefix}bull`,
  })
  try {
    productId = await api.createProduct()
    phoneId = await api.createProduct({ name: 'Slow phone', demo: true, thinkMs: 100, batchMax: 4 })
    const { body } = await api.call('/purchases', { json: { productId, customerId: 'c-1' } })
    failedJobId = body.jobId
    const job = await worker.getNextJob('token')
    await settle(api, productId, failedJobId)
    await job?.moveToFailed(new Error('a fault'), 'token', false)
  } finally {
    await worker.close()
    await api.close()
  }
}

beforeAll(async () => {
  if (!browser.available) return
  await settledAndFailed()
  // A lease that outlasts the look at it, and few slots: each worker has its share of what the dashboard lists first.
  const env = { ADMIN_TOKENS: adminTokens, LOCK_LEASE_MS: '15000', WORKER_CONCURRENCY: '8' }
  engine = await startEngine({ ...stores, workers: 2, env })
})
afterAll(() => engine?.stop())

const signIn = async (name: keyof typeof tokens, path: string): Promise<WatchedPage> => {
  const watched = await browser.openPage()
  const { page } = watched
  await page.goto(engine.url + path)
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Token').fill(tokens[name])
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL(engine.url + path)
  return watched
}

const expectQuiet = ({ consoleErrors, foreignRequests }: WatchedPage): void => {
  expect([...consoleErrors, ...foreignRequests]).toEqual([])
}

const patience = { timeout: 30_000 }
const slow = 60_000

/** How long a job has waited, as its name in the list says. */
const shownMs = (name: string): number => Number(/(\d+) ms$/.exec(name)?.[1])

/** What the dashboard says of a job. */
const nameOf = async (jobId: string): Promise<string> => {
  const answer = await fetch(`${engine.url}/admin/queues/api/queues/purchases/${jobId}`, {
    headers: adminHeaders,
  })
  return ((await answer.json()) as { job: { name: string } }).job.name
}

describe.skipIf(!browser.available)('the dashboard', { timeout: slow }, () => {
  const title = 'a viewer sees a load test wait for the lock of a paused worker, then what each buyer got'
  test(title, { timeout: 2 * slow }, async () => {
    const watched = await signIn('watcher', '/admin/queues')
    const { page } = watched
    const sale = ['--product', String(phoneId), '--buyers', '80', '--stock', '80']
    const verdict = loadTest({ url: engine.url, adminToken: tokens.admin }, ...sale)
    const [worker] = engine.workers
    if (!worker) throw new Error('there is no worker')
    const lock = redisKeys(stores.keyPrefix).lock(phoneId)
    const begunAtMs = await eventually(
      async () => (await redis.exists(lock.lock)) === 1 && Date.now(),
      patience.timeout,
    )
    const goOn = await stopHolder(worker, redis, lock)
    try {
      const token = await redis.hget(lock.lock, 'token')
      // Nobody has waited that long by now: who says so has written it while the worker stands still.
      const sinceBegunMs = Date.now() - begunAtMs + 500
      await page.goto(`${engine.url}/admin/queues/queue/purchases?status=active`)
      const waits = page.getByText(
        /^1 × Slow phone for loadtest-\S+ · waiting for the lock, \d+ batch(es)? ahead, \d+ ms$/,
      )
      await expect
        .poll(async () => Math.max(...(await waits.allInnerTexts()).map(shownMs)), patience)
        .toBeGreaterThan(sinceBegunMs)
      expect(await redis.hget(lock.lock, 'token')).toBe(token)
      expect(await page.title()).toBe('Flash Sale Engine')
      await page.getByText('test · viewer').waitFor()
      expect(await page.locator('[class^=jobActions-], .lucide-ellipsis-vertical').count()).toBe(0)
      expect(await graveAccessibilityFindings(page)).toEqual([])
      const job = waits.first().locator('xpath=ancestor::*[.//*[@role="tab"]][1]')
      await job.getByRole('tab', { name: 'Progress' }).click()
      await page
        .getByText(/"waiting for the lock, \d+ batch.* ahead\), at \d\d:\d\d:/)
        .first()
        .waitFor()
    } finally {
      goOn()
    }

    const { ok, output, errors } = await verdict
    expect(ok, output + errors).toBe(true)
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.goto(`${engine.url}/admin/queues/queue/purchases?status=completed`)
    await page
      .getByText(/^1 × Slow phone for loadtest-\S+ · confirmed, order \d+$/)
      .first()
      .waitFor(patience)
    await page.getByText('lockWaitMs').first().waitFor()
    expect(await graveAccessibilityFindings(page)).toEqual([])
    const link = page.getByRole('link', { name: /^order \d+$/ }).first()
    expect(await link.getAttribute('href')).toMatch(/^\/orders\/\d+$/)
    expectQuiet(watched)
    await watched.close()
  })

  test('an operator retries a failed job, whose purchase keeps its outcome', async () => {
    const watched = await signIn('admin', '/admin/queues/queue/purchases?status=failed')
    const { page } = watched
    await page.getByText('1 × iPhone 15 for c-1').waitFor()
    const actions = page.locator('[class^=jobActions-] button:visible')
    expect(await actions.count()).toBe(1)
    await page.getByRole('button', { name: 'Retry', exact: true }).waitFor()
    expect(await graveAccessibilityFindings(page)).toEqual([])
    await actions.click()
    await page.getByRole('button', { name: 'Confirm' }).click()
    await expect.poll(() => nameOf(failedJobId), patience).toBe('1 × iPhone 15 for c-1 · confirmed, order 1')
    await page.goto(`${engine.url}/admin/queues/queue/purchases/${failedJobId}`)
    await page.getByText('1 × iPhone 15 for c-1 · confirmed, order 1').waitFor()
    const verdict = await fetch(`${engine.url}/admin/products/${productId}/verify`, { headers: adminHeaders })
    expect(await verdict.json()).toMatchObject({ ok: true })
    expectQuiet(watched)
    await watched.close()
  })

  test('an operator pauses the queue and resumes it, and finds nothing else in its menu', async () => {
    const watched = await signIn('admin', '/admin/queues/queue/purchases')
    const { page } = watched
    const paused = async (): Promise<boolean> => {
      const answer = await fetch(`${engine.url}/admin/queue`, { headers: adminHeaders })
      return ((await answer.json()) as { paused: boolean }).paused
    }
    const steps: [string, boolean][] = [
      ['Pause', true],
      ['Resume', false],
    ]
    for (const [action, after] of steps) {
      await page.locator('button:has(.lucide-ellipsis-vertical)').last().click()
      const items = page.locator('[role=menuitem]:visible')
      await items.first().waitFor()
      expect(await items.allInnerTexts()).toEqual([action])
      await items.click()
      await page.getByRole('button', { name: 'Confirm' }).click()
      await expect.poll(paused, patience).toBe(after)
    }
    expectQuiet(watched)
    await watched.close()
  })

  test('leads to our other pages', async () => {
    const watched = await signIn('watcher', '/admin/queues')
    const { page } = watched
    await page.locator('button:has(.lucide-circle-user)').click()
    const links = page.locator('[role=menuitem]:visible')
    await links.first().waitFor()
    const addresses = await links.evaluateAll((items) => items.map((item) => item.getAttribute('href')))
    expect(addresses).toEqual(['/', '/admin/locks', '/docs', '/admin/metrics', '/admin/sign-in'])
    expectQuiet(watched)
    await page.goto(`${engine.url}/admin/metrics`)
    expect(await page.locator('body').innerText()).toContain('flash_sale_')
    await watched.close()
  })
})

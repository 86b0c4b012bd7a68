/** The dashboard as people see it: a real browser on a real engine whose lock is waited for. */
import { graveAccessibilityFindings } from '@flash-sale/local/accessibility.ts'
import { browserOfFile, type WatchedPage } from '@flash-sale/local/browser.ts'
import { type Engine, startEngine } from '@flash-sale/local/engine.ts'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { Worker } from 'bullmq'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminHeaders, adminTokens, serveApi, tokens } from './served-api.ts'
import { settle } from './settled-by-hand.ts'

const stores = isolatedStores()
const browser = browserOfFile()
let engine: Engine
let productId: number
let failedJobId: string

/** A purchase that is settled, and whose job failed nevertheless. */
const settledAndFailed = async (): Promise<void> => {
  const api = await serveApi(stores)
  const worker = new Worker('purchases', null, {
    connection: { url: stores.redisUrl },
    prefix: `${stores.keyPrefix}bull`,
  })
  try {
    productId = await api.createProduct({ demo: true, thinkMs: 150, batchMax: 1 })
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
  engine = await startEngine({ ...stores, workers: 2, env: { ADMIN_TOKENS: adminTokens } })
})
afterAll(() => engine?.stop())

const buy = (count: number): Promise<Response[]> =>
  Promise.all(
    Array.from({ length: count }, (_, n) =>
      fetch(`${engine.url}/purchases`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ productId, customerId: `c-${n}` }),
      }),
    ),
  )

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

/**
 * What Bull Board's own markup gets wrong, and no option of it can mend: buttons that have an icon and a tooltip only, the
 * `li`s of its pager without their list, the logo of Redis without a text.
 */
const boardsOwn = ['button-name', 'listitem', 'svg-img-alt']

const findings = async ({ page }: WatchedPage): Promise<string[]> =>
  (await graveAccessibilityFindings(page)).filter(
    (finding) => !boardsOwn.some((rule) => finding.startsWith(`${rule}:`)),
  )

const patience = { timeout: 30_000 }
const slow = 60_000

/** What the dashboard says of a job. */
const nameOf = async (jobId: string): Promise<string> => {
  const answer = await fetch(`${engine.url}/admin/queues/api/queues/purchases/${jobId}`, {
    headers: adminHeaders,
  })
  return ((await answer.json()) as { job: { name: string } }).job.name
}

describe.skipIf(!browser.available)('the dashboard', { timeout: slow }, () => {
  test('a viewer sees who waits for the lock, then what each came to, and nothing to press', async () => {
    const watched = await signIn('watcher', '/admin/queues')
    const { page } = watched
    await buy(60)
    await page.goto(`${engine.url}/admin/queues/queue/purchases?status=active`)
    const waiting = /^1 × iPhone 15 for c-\d+ · waiting for the lock, \d+ batch(es)? ahead, \d+ ms$/
    await page.getByText(waiting).first().waitFor(patience)
    expect(await page.title()).toBe('Flash Sale Engine')
    await page.getByText('test · viewer').waitFor()
    expect(await page.locator('[class^=jobActions-], .lucide-ellipsis-vertical').count()).toBe(0)
    expect(await findings(watched)).toEqual([])
    await page.getByRole('tab', { name: 'Progress' }).first().click()
    await page
      .getByText(/"waiting for the lock, \d+ batch.* ahead\), at \d\d:\d\d:/)
      .first()
      .waitFor()

    await page.emulateMedia({ colorScheme: 'dark' })
    await page.goto(`${engine.url}/admin/queues/queue/purchases?status=completed`)
    await page
      .getByText(/^1 × iPhone 15 for c-\d+ · confirmed, order \d+$/)
      .first()
      .waitFor(patience)
    await page.getByText('lockWaitMs').first().waitFor()
    expect(await findings(watched)).toEqual([])
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

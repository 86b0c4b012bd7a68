/** Signing in and out in a real browser, and what a viewer finds behind the door. */
import { graveAccessibilityFindings } from '@flash-sale/local/accessibility.ts'
import { browserOfFile, type WatchedPage } from '@flash-sale/local/browser.ts'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ServedApi, serveApi, tokens } from './served-api.ts'

const stores = isolatedStores()
const browser = browserOfFile()
let api: ServedApi
let origin: string
let productId: number

beforeAll(async () => {
  if (!browser.available) return
  api = await serveApi(stores)
  origin = `http://localhost:${api.port}`
  productId = await api.createProduct()
  await api.call('/purchases', { json: { productId, customerId: 'c-1' } })
})
afterAll(() => api?.close())

const fillIn = async ({ page }: WatchedPage, name: string, token: string): Promise<void> => {
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Token').fill(token)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

const signedIn = async (name: keyof typeof tokens, path: string): Promise<WatchedPage> => {
  const watched = await browser.openPage()
  await watched.page.goto(origin + path)
  await fillIn(watched, name, tokens[name])
  await watched.page.waitForURL(origin + path)
  return watched
}

/** A refusal is an answer: that browsers log its status is no fault of the page. */
const expectClean = async ({ consoleErrors, foreignRequests, close }: WatchedPage): Promise<void> => {
  expect(consoleErrors.filter((text) => !/status of 40[13] /.test(text))).toEqual([])
  expect(foreignRequests).toEqual([])
  await close()
}

describe.skipIf(!browser.available)('the door of the admin pages', () => {
  test('says that name and token do not belong together, and lets in who tries again', async () => {
    const watched = await browser.openPage()
    const { page } = watched
    await page.goto(`${origin}/admin/locks`)
    await fillIn(watched, 'watcher', 'guessed')
    const alert = page.getByRole('alert')
    expect(await alert.innerText()).toBe('This name and token do not belong together.')
    expect(await page.getByLabel('Name').inputValue()).toBe('watcher')
    expect(await page.getByLabel('Token').inputValue()).toBe('')
    expect(await page.getByLabel('Token').getAttribute('aria-describedby')).toBe(
      await alert.getAttribute('id'),
    )
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await graveAccessibilityFindings(page)).toEqual([])
    }
    await fillIn(watched, 'watcher', tokens.watcher)
    await page.waitForURL(`${origin}/admin/locks`)
    await page.getByRole('heading', { level: 1, name: 'Locks' }).waitFor()
    await expectClean(watched)
  })

  test('can be used by everybody, light and dark, on a phone', async () => {
    const watched = await browser.openPage({ viewport: { width: 360, height: 740 } })
    const { page } = watched
    await page.goto(`${origin}/admin/sign-in`)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await graveAccessibilityFindings(page)).toEqual([])
    }
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    await expectClean(watched)
  })

  test('closes behind who signs out', async () => {
    const watched = await signedIn('admin', '/admin/locks')
    const { page } = watched
    await page.goto(`${origin}/admin/sign-in`)
    await page.getByText('Signed in as admin (operator).').waitFor()
    expect(await graveAccessibilityFindings(page)).toEqual([])
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Sign in' }).waitFor()
    await page.goto(`${origin}/admin/locks`)
    expect(page.url()).toBe(`${origin}/admin/sign-in?next=%2Fadmin%2Flocks`)
    expect(await page.context().cookies()).toEqual([])
    await expectClean(watched)
  })
})

describe.skipIf(!browser.available)('a viewer', () => {
  /** Sends a write as a script of the page would, with its cookie. */
  const send = ({ page }: WatchedPage, method: string, path: string): Promise<number> =>
    page.evaluate(
      `fetch(${JSON.stringify(path)}, { method: ${JSON.stringify(method)} }).then((answer) => answer.status)`,
    )

  test('finds no button on the lock page that would change anything, and cannot without one', async () => {
    const viewer = await signedIn('watcher', '/admin/locks')
    const { page } = viewer
    await page.locator('#live', { hasText: 'Live' }).waitFor()
    await page.getByText('The queue runs.').waitFor()
    expect(await page.locator('form[method=post], #switch-button').count()).toBe(0)
    expect(await page.getByRole('button').allInnerTexts()).toEqual(['Find', 'Check all invariants'])
    expect(await send(viewer, 'POST', '/admin/queue/pause')).toBe(403)
    expect(await send(viewer, 'POST', `/admin/products/${productId}/restock`)).toBe(403)
    expect(await api.queue.isPaused()).toBe(false)
    await expectClean(viewer)

    const operator = await signedIn('admin', '/admin/locks')
    await operator.page.locator('#switch-button', { hasText: 'Pause the queue' }).waitFor()
    expect(await send(operator, 'POST', '/admin/queue/pause')).toBe(200)
    expect(await send(operator, 'POST', '/admin/queue/resume')).toBe(200)
    await expectClean(operator)
  })

  test('finds no button in the dashboard either, and cannot without one', async () => {
    const viewer = await signedIn('watcher', '/admin/queues/queue/purchases?status=waiting')
    const { page } = viewer
    await page.getByText('1 × iPhone 15 for c-1').waitFor()
    expect(await page.locator('[class^=jobActions-], .lucide-ellipsis-vertical').count()).toBe(0)
    const [job] = await api.queue.getWaiting()
    const queue = '/admin/queues/api/queues/purchases'
    for (const path of [`${queue}/pause`, `${queue}/${job?.id}/retry`, `${queue}/${job?.id}/clean`])
      expect([path, await send(viewer, 'PUT', path)]).toEqual([path, 403])
    expect(await api.queue.isPaused()).toBe(false)
    expect(await api.queue.getWaitingCount()).toBe(1)
    await expectClean(viewer)
  })
})

/** The shop window in a real browser, on a real engine. */
import { graveAccessibilityFindings } from '@flash-sale/local/accessibility.ts'
import { browserOfFile, type WatchedPage } from '@flash-sale/local/browser.ts'
import { type Engine, startEngine } from '@flash-sale/local/engine.ts'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import type { Race } from '@flash-sale/shared/contract/race.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { jwtEnv, tokenOf } from './customer-token.ts'
import { eventually, type ServedApi, serveApi } from './served-api.ts'
import { settle, tell } from './settled-by-hand.ts'

const stores = isolatedStores()
const browser = browserOfFile()
let engine: Engine
beforeAll(async () => {
  if (browser.available) engine = await startEngine(stores)
})
afterAll(() => engine?.stop())

const admin = async (path: string, body: Record<string, unknown> = {}): Promise<{ id: number }> => {
  const response = await fetch(`${engine.url}/admin/products${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${engine.admin.token}` },
    body: JSON.stringify(body),
  })
  expect(response.ok).toBe(true)
  return (await response.json()) as { id: number }
}
const switchQueue = async (action: 'pause' | 'resume'): Promise<void> => {
  const response = await fetch(`${engine.url}/admin/queue/${action}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${engine.admin.token}` },
  })
  expect(response.status).toBe(200)
}
const price = { amountMinor: 79_900, currency: 'EUR' }
const createProduct = (fields: Record<string, unknown>) => admin('', { name: 'iPhone 15', price, ...fields })

const openShop = async (
  productId: number,
  ...options: Parameters<typeof browser.openPage>
): Promise<WatchedPage> => {
  const watched = await browser.openPage(...options)
  await watched.page.goto(`${engine.url}/?product=${productId}`)
  return watched
}

const textOf = (watched: WatchedPage, selector: string) => watched.page.locator(selector).innerText()
const says = async ({ page }: WatchedPage, text: string | RegExp): Promise<void> => {
  await page.locator('#result-title', { hasText: text }).waitFor()
}

/** What no page of ours may do. A refusal is an answer: that browsers log its status is no fault of the page. */
const expectClean = async ({ consoleErrors, foreignRequests, close }: WatchedPage): Promise<void> => {
  expect(consoleErrors.filter((text) => !/status of 409 /.test(text))).toEqual([])
  expect(foreignRequests).toEqual([])
  await close()
}

describe.skipIf(!browser.available)('the shop window', () => {
  test('sells: from the button to the order, by keyboard, and then says that one has one', async () => {
    const { id } = await createProduct({ stock: 5, perCustomerLimit: 1 })
    const shop = await openShop(id)
    await shop.page.locator('#product').waitFor()
    expect(await textOf(shop, '#name')).toBe('iPhone 15')
    expect(await textOf(shop, '#price')).toBe('€799.00')
    expect(await textOf(shop, '#limit')).toBe('At most 1 per customer.')
    await shop.page.locator('#buy').focus()
    await shop.page.keyboard.press('Enter')
    await says(shop, 'It is yours')
    const order = /^Order (\d+), 1 unit\.$/.exec(await textOf(shop, '#result-text'))?.[1]
    const stored = (await (await fetch(`${engine.url}/orders/${order}`)).json()) as Record<string, unknown>
    expect(stored).toMatchObject({ productId: id, quantity: 1 })
    // Stock comes by itself, and the keyboard's place is kept.
    await shop.page.locator('#stock', { hasText: /^4$/ }).waitFor()
    expect(await shop.page.evaluate('document.activeElement.id')).toBe('buy')

    await shop.page.reload()
    await shop.page.locator('#buy', { hasText: /^Buy$/ }).click()
    await says(shop, 'You have yours already')
    await expectClean(shop)
  })

  test('two browsers and the last unit: one gets it, the other is told', async () => {
    const { id } = await createProduct({ stock: 1 })
    const shops = await Promise.all([openShop(id), openShop(id)])
    await Promise.all(shops.map(({ page }) => page.locator('#buy', { hasText: /^Buy$/ }).waitFor()))
    await Promise.all(shops.map(({ page }) => page.locator('#buy').click()))
    // The button says so after the outcome of one's own purchase.
    await Promise.all(shops.map(({ page }) => page.locator('#buy', { hasText: 'Sold out' }).waitFor()))
    const titles = await Promise.all(shops.map((shop) => textOf(shop, '#result-title')))
    expect(titles.filter((title) => title === 'It is yours')).toHaveLength(1)
    // Whose click came after the last unit was gone hears it from the button alone.
    expect(titles.filter((title) => /^(Sold out)?$/.test(title))).toHaveLength(1)
    for (const shop of shops) {
      expect(await shop.page.locator('#buy').getAttribute('aria-disabled')).toBe('true')
      await expectClean(shop)
    }
  })

  test('two who are in line for the last unit: one turn is too late', async () => {
    const { id } = await createProduct({ stock: 1 })
    const shops = await Promise.all([openShop(id), openShop(id)])
    // Nothing is settled meanwhile, so that both are accepted.
    await switchQueue('pause')
    for (const shop of shops) {
      await shop.page.locator('#buy', { hasText: /^Buy$/ }).click()
      await says(shop, 'You are in line')
      expect(await textOf(shop, '#buy')).toBe('In line…')
    }
    await switchQueue('resume')
    await Promise.all(shops.map((shop) => says(shop, /It is yours|Sold out/)))
    const [first, second] = shops
    if (!first || !second) throw new Error('two shops')
    expect(await textOf(first, '#result-title')).toBe('It is yours')
    expect(await textOf(second, '#result-title')).toBe('Sold out')
    expect(await textOf(second, '#result-text')).toBe('There were not enough units left when your turn came.')
    await second.page.locator('#buy', { hasText: 'Sold out' }).waitFor()
    expect(await graveAccessibilityFindings(second.page)).toEqual([])
    for (const shop of shops) await expectClean(shop)
  })

  test('counts down to the opening, and is open then', async () => {
    const opensAt = new Date(Date.now() + 2_500).toISOString()
    const { id } = await createProduct({ stock: 3, maxPerPurchase: 2, opensAt })
    const shop = await openShop(id)
    await shop.page.locator('#countdown', { hasText: /^Opens in 00:00:0\d$/ }).waitFor()
    expect(await textOf(shop, '#buy')).toBe('Not open yet')
    await shop.page.locator('#buy', { hasText: /^Buy$/ }).waitFor()
    expect(await shop.page.locator('#countdown').isVisible()).toBe(false)
    await shop.page.locator('#quantity').selectOption('2')
    await shop.page.locator('#buy').click()
    await says(shop, 'It is yours')
    expect(await textOf(shop, '#result-text')).toMatch(/^Order \d+, 2 units\.$/)
    await expectClean(shop)
  })

  test('shows the place in line, also after a reload', async () => {
    const { id } = await createProduct({ stock: 50, demo: true, thinkMs: 800, batchMax: 1 })
    const crowd = Array.from({ length: 3 }, (_, buyer) =>
      fetch(`${engine.url}/purchases`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ productId: id, customerId: `c-${buyer}` }),
      }),
    )
    await Promise.all(crowd)
    const shop = await openShop(id)
    // So that its turn does not come before all of this was seen.
    await switchQueue('pause')
    await shop.page.locator('#buy', { hasText: /^Buy$/ }).click()
    await says(shop, 'You are in line')
    await shop.page
      .locator('#result-text', {
        hasText: /^(\d+ ahead of you|You are next)(, about (0\.[1-9]|[1-9]\d*)(\.\d)? s)?\.$/,
      })
      .waitFor()
    await shop.page.reload()
    await says(shop, 'You are in line')
    await switchQueue('resume')
    await says(shop, 'It is yours')
    await expectClean(shop)
  })

  test('without an address it shows the newest that can be bought, and the others beside it', async () => {
    const { id } = await createProduct({
      name: 'Pixel 9',
      stock: 4,
      price: { amountMinor: 98_000, currency: 'JPY' },
    })
    await createProduct({ name: 'Galaxy S24', stock: 0 })
    const shop = await browser.openPage()
    await shop.page.goto(engine.url)
    await shop.page.locator('#product').waitFor()
    expect(await textOf(shop, '#name')).toBe('Pixel 9')
    expect(await textOf(shop, '#price')).toBe('¥98,000')
    expect(await textOf(shop, '#other-products')).toContain('Galaxy S24 €799.00, sold out')
    await shop.page.getByRole('link', { name: 'Galaxy S24' }).click()
    await shop.page.locator('#buy', { hasText: 'Sold out' }).waitFor()
    await expectClean(shop)
    await admin(`/${id}/close`)
  })

  test('while the stores are away it says so, and comes to life by itself', async () => {
    const { id } = await createProduct({ stock: 4 })
    const shop = await browser.openPage()
    let away = true
    await shop.page.route(/\/products/, (route) =>
      away
        ? route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{}' })
        : route.continue(),
    )
    await shop.page.route(/\/purchases$/, (route) => (away ? route.abort() : route.continue()))
    await shop.page.goto(`${engine.url}/?product=${id}`)
    await shop.page.locator('#notice', { hasText: 'Trying again' }).waitFor()
    away = false
    await shop.page.locator('#buy', { hasText: /^Buy$/ }).waitFor()
    await shop.page.locator('#notice', { hasText: /^$/ }).waitFor({ state: 'attached' })
    away = true
    await shop.page.locator('#buy').click()
    await says(shop, 'Not in line yet')
    away = false
    await says(shop, 'It is yours')
    expect(shop.foreignRequests).toEqual([])
    await shop.close()
  })

  test('who is refused an event stream hears of the outcome all the same', async () => {
    const { id } = await createProduct({ stock: 2 })
    const shop = await browser.openPage()
    await shop.page.route(/\/purchases\/.*\/events$/, (route) =>
      route.fulfill({ status: 429, contentType: 'application/problem+json', body: '{}' }),
    )
    await shop.page.goto(`${engine.url}/?product=${id}`)
    await shop.page.locator('#buy', { hasText: /^Buy$/ }).click()
    await says(shop, 'It is yours')
    expect(shop.foreignRequests).toEqual([])
    await shop.close()
  })

  describe('where tokens say who buys', () => {
    // Its queue is nobody's: purchases wait until the test settles them.
    const keyPrefix = `${stores.keyPrefix}jwt:`
    let api: ServedApi
    beforeAll(async () => {
      api = await serveApi({ ...stores, keyPrefix }, { env: jwtEnv })
    })
    afterAll(() => api.close())
    const open = async (address: string): Promise<WatchedPage> => {
      const watched = await browser.openPage()
      await watched.page.goto(`http://localhost:${api.port}/${address}`)
      return watched
    }
    const jobOf = (customerId: string): Promise<string> =>
      eventually(
        async () => (await api.queue.getWaiting()).find(({ data }) => data.customerId === customerId)?.id,
      )

    test('it only shows the sale to who comes without one', async () => {
      const { id } = await createProduct({ stock: 4 })
      const shop = await open(`?product=${id}`)
      await shop.page.locator('#sign-in').waitFor()
      expect(await shop.page.locator('#buy').isVisible()).toBe(false)
      await expectClean(shop)
    })

    test('it sells to who comes with one, tells each change at once, and goes on after a reload', async () => {
      const { id } = await createProduct({ stock: 4 })
      const buyer = await open(`?product=${id}#token=${await tokenOf('ann')}`)
      const asked = buyer.page.waitForRequest(/purchases\/[0-9a-f-]{36}\/events$/)
      await buyer.page.locator('#buy', { hasText: /^Buy$/ }).click()
      await says(buyer, 'You are in line')
      expect((await asked).headers().authorization).toMatch(/^Bearer /)
      expect(buyer.page.url()).toBe(`http://localhost:${api.port}/?product=${id}`)

      await buyer.page.reload()
      await says(buyer, 'You are in line')
      const jobId = await jobOf('ann')
      tell(api, keyPrefix, id, jobId, await settle(api, id, jobId, 'ann'))
      await says(buyer, 'It is yours')

      // With the outcome the tab forgets both the purchase and the token.
      await buyer.page.reload()
      await buyer.page.locator('#sign-in').waitFor()
      expect(await buyer.page.evaluate('sessionStorage.length')).toBe(0)
      await expectClean(buyer)
    })

    test('who comes next in the same tab does not see it', async () => {
      const { id } = await createProduct({ stock: 4 })
      const address = `?product=${id}#token=`
      const buyer = await open(address + (await tokenOf('bob')))
      await buyer.page.locator('#buy', { hasText: /^Buy$/ }).click()
      await says(buyer, 'You are in line')
      await jobOf('bob')
      await buyer.page.goto('about:blank')
      await buyer.page.goto(`http://localhost:${api.port}/${address}${await tokenOf('eve')}`)
      await buyer.page.locator('#buy', { hasText: /^Buy$/ }).waitFor()
      expect(await buyer.page.locator('#result').isVisible()).toBe(false)
      expect(await buyer.page.evaluate('sessionStorage.length')).toBe(0)
      await expectClean(buyer)
    })
  })

  test('the race sells too much naively and exactly what there is with the lock', async () => {
    const { id } = await createProduct({ stock: 63 })
    const shop = await openShop(id)
    await shop.page.locator('#release').click()
    await shop.page.locator('#race-says', { hasText: 'Locked sold 100 of 100' }).waitFor({ timeout: 40_000 })
    const race = (await (await fetch(`${engine.url}/demo/races/latest`)).json()) as Race
    expect(race.naive.sold).toBeGreaterThan(100)
    expect(race.locked).toMatchObject({ sold: 100, stock: 0 })
    for (const side of ['naive', 'locked'] as const) {
      expect(await textOf(shop, `#${side} .sold-units`)).toBe(String(race[side].sold))
      expect(await textOf(shop, `#${side} .stock-left`)).toBe(String(race[side].stock))
      expect(await textOf(shop, `#${side} .waiting`)).toBe('0')
    }
    expect(await textOf(shop, '#naive .oversold')).toBe(`${race.naive.sold - 100} oversold`)
    expect(await shop.page.locator('#locked .oversold').isVisible()).toBe(false)
    for (const colorScheme of ['light', 'dark'] as const) {
      await shop.page.emulateMedia({ colorScheme })
      expect({ colorScheme, findings: await graveAccessibilityFindings(shop.page) }).toEqual({
        colorScheme,
        findings: [],
      })
    }
    await expectClean(shop)
  })

  test.each(['light', 'dark'] as const)(
    'on a phone nothing is wider than the screen, %s',
    async (colorScheme) => {
      const { id } = await createProduct({
        name: 'A name of one verylongwordwithoutanyplacetobreakit',
        stock: 3,
      })
      const shop = await openShop(id, { viewport: { width: 360, height: 740 }, colorScheme })
      await shop.page.locator('#buy', { hasText: /^Buy$/ }).click()
      await says(shop, 'It is yours')
      expect(await shop.page.evaluate('document.documentElement.scrollWidth')).toBe(360)
      expect(await graveAccessibilityFindings(shop.page)).toEqual([])
      await expectClean(shop)
    },
  )
})

/** What every page of ours loads. */
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectProblem } from './expect-problem.ts'
import { adminHeaders, type ServedApi, serveApi } from './served-api.ts'

const stores = isolatedStores()
let api: ServedApi
beforeAll(async () => {
  api = await serveApi(stores)
})
afterAll(() => api.close())

const pages = ['/', '/docs/', '/admin/sign-in', '/admin/locks', '/admin/purchases/search', '/admin/queues']
const htmlOf = (path: string) =>
  api.call(path, { headers: { accept: 'text/html', ...(path === '/admin/sign-in' ? {} : adminHeaders) } })

test.each(pages)('%s has our icon, and may load it', async (path) => {
  const page = await htmlOf(path)
  const base = /<base href="([^"]+)"/.exec(page.text)?.[1] ?? path
  const links = [...page.text.matchAll(/<link[^>]*rel="(?:shortcut |alternate )?icon"[^>]*>/g)].map(
    ([link]) => {
      const address = /href="([^"]+)"/.exec(link)?.[1] ?? ''
      return new URL(address, `http://localhost${base}`).pathname
    },
  )
  expect([...new Set(links)]).toEqual(['/assets/icon.svg'])
  const policy = page.headers.get('content-security-policy') ?? ''
  expect(/img-src ([^;]+)/.exec(policy)?.[1]).toContain("'self'")
})

test.each(['/assets/icon.svg', '/favicon.ico'])('%s is kept by browsers, whoever asks', async (path) => {
  const icon = await api.call(path)
  expect(icon.status).toBe(200)
  expect(icon.headers.get('content-type')).toBe('image/svg+xml')
  expect(icon.headers.get('cache-control')).toBe('public, max-age=86400')
  expect(icon.text).toMatch(/^<svg /)
  const known = { 'if-none-match': icon.headers.get('etag') ?? '', 'cache-control': 'max-age=0' }
  expect((await api.call(path, { headers: known })).status).toBe(304)
  expectProblem(await api.call(path, { method: 'DELETE' }), 405, 'method-not-allowed')
})

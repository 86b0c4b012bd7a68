/** The typed client against the processes of a real engine: an api that is restarted, and a page of another origin. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import { browserOfFile } from '@flash-sale/local/browser.ts'
import { type Engine, startEngine } from '@flash-sale/local/engine.ts'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { createClient } from '@flash-sale/shared/contract/client.ts'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'

const stores = isolatedStores()
const browser = browserOfFile()
const contract = new URL('../../shared/src/contract/', import.meta.url)

/** A shop's site: an empty page, and the client as a browser takes it. */
const site = createServer(async (request, response) => {
  const [, name] = /^\/contract\/([\w-]+\.ts)$/.exec(request.url ?? '') ?? []
  response.setHeader('content-type', name ? 'text/javascript' : 'text/html')
  response.end(
    name ? stripTypeScriptTypes(await readFile(new URL(name, contract), 'utf8')) : '<!doctype html>',
  )
})
let siteUrl: string
let engine: Engine
let productId: number

const admin = async (path: string, body: object = {}): Promise<{ id: number }> => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${engine.admin.token}` }
  const init = { method: 'POST', headers, body: JSON.stringify(body) }
  const answer = await fetch(engine.url + path, init)
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
  return (await answer.json()) as { id: number }
}

beforeAll(async () => {
  site.listen(0, '127.0.0.1')
  await once(site, 'listening')
  siteUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
  engine = await startEngine({ ...stores, env: { CORS_ORIGINS: siteUrl } })
  productId = (await admin('/admin/products', { name: 'phone', stock: 100, perCustomerLimit: 2 })).id
}, 60_000)
afterAll(async () => {
  await engine.stop()
  site.close()
  site.closeAllConnections()
})

/** A client, and what it asks for. */
const watchedClient = () => {
  const asked: string[] = []
  const client = createClient({
    baseUrl: engine.url,
    fetch: (url, init) => {
      asked.push(`${init.method} ${new URL(url).pathname}`)
      return fetch(url, init)
    },
  })
  return { client, asked }
}

const purchaseOf = (customerId: string, quantity = 1) => ({ productId, customerId, quantity })

test('buys, hears of the outcome without polling, and reads its order and its list', async () => {
  const { client, asked } = watchedClient()
  const bought = await client.buy(purchaseOf('c-1', 2))
  if (bought.kind !== 'accepted') throw new Error(bought.problem.detail)
  const ended = await client.outcome(bought.jobId)
  if (ended.kind !== 'settled') throw new Error(ended.problem.detail)
  expect(asked).toEqual(['POST /purchases', `GET /purchases/${bought.jobId}/events`])
  const { status, orderId = 0 } = ended.purchase
  expect(status).toBe('confirmed')
  const order = await client.order(orderId)
  expect(order).toMatchObject({ kind: 'found', value: { orderId, jobId: bought.jobId, quantity: 2 } })
  const again = await client.buy(purchaseOf('c-1'))
  if (again.kind !== 'accepted') throw new Error(again.problem.detail)
  expect(await client.outcome(again.jobId)).toMatchObject({ purchase: { status: 'limit_reached' } })
  const list = await client.purchasesOf('c-1', { limit: 1 })
  expect(list).toMatchObject({ value: { purchases: [{ status: 'limit_reached', jobId: again.jobId }] } })
  const cursor = list.kind === 'found' ? list.value.nextCursor : undefined
  const rest = await client.purchasesOf('c-1', cursor === undefined ? {} : { cursor })
  expect(rest).toMatchObject({ value: { purchases: [{ status: 'confirmed', orderId }] } })
})

test.skipIf(!browser.available)('runs in a page of an origin that is listed', async () => {
  const { page, consoleErrors, foreignRequests } = await browser.openPage()
  await page.goto(siteUrl)
  // As text: an import would be rewritten by the test runner, for itself.
  const ended = await page.evaluate(`(async () => {
    const { createClient } = await import('/contract/client.ts')
    const shop = createClient({ baseUrl: '${engine.url}' })
    const bought = await shop.buy(${JSON.stringify(purchaseOf('c-4'))})
    return bought.kind === 'accepted' ? shop.outcome(bought.jobId) : bought
  })()`)
  expect(ended).toMatchObject({ kind: 'settled', purchase: { status: 'confirmed', productId } })
  expect({ consoleErrors, foreignRequests }).toEqual({ consoleErrors: [], foreignRequests: [] })
})

// Last: it leaves the api stopped.
test('an api that is restarted costs its clients nothing but time', { timeout: 60_000 }, async () => {
  const { client, asked } = watchedClient()
  await admin('/admin/queue/pause')
  const bought = await client.buy(purchaseOf('c-2'))
  if (bought.kind !== 'accepted') throw new Error(bought.problem.detail)
  const { promise: seen, resolve: see } = Promise.withResolvers<string>()
  const waiting = client.outcome(bought.jobId, { onStatus: ({ status }) => see(status) })
  expect(await seen).toBe('queued')

  await engine.api.stop(10_000)
  const late = client.buy(purchaseOf('c-3'))
  const restarted = await startEngine({ ...stores, workers: 0, port: Number(new URL(engine.url).port) })
  onTestFinished(restarted.stop)
  await admin('/admin/queue/resume')

  expect(await waiting).toMatchObject({ kind: 'settled', purchase: { status: 'confirmed' } })
  expect(await late).toMatchObject({ kind: 'accepted', replayed: false })
  expect((await late).attempts).toBeGreaterThan(1)
  const streams = asked.filter((each) => each.endsWith(`${bought.jobId}/events`))
  expect(streams.length).toBeGreaterThan(1)
})

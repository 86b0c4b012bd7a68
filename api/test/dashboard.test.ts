import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adminHeaders, type ServedApi, serveApi } from './served-api.ts'

const stores = isolatedStores()
let api: ServedApi

beforeAll(async () => {
  api = await serveApi(stores)
})
afterAll(() => api.close())

const look = (path: string, method = 'GET') =>
  api.call(`/admin/queues${path}`, { method, headers: adminHeaders })

test('the page and what it loads', async () => {
  const page = await look('')
  expect(page.status).toBe(200)
  expect(page.text).toContain('Flash Sale Engine')
  expect(page.headers.get('x-powered-by')).toBeNull()
  const scripts = [...page.text.matchAll(/(?:src|href)="(\/admin\/queues\/)?(static\/[^"]+\.(?:js|css))"/g)]
  expect(scripts.length).toBeGreaterThan(0)
  for (const [, , file] of scripts) expect((await look(`/${file}`)).status).toBe(200)
  expect((await look('/queue/purchases')).status).toBe(200)
})

test('jobs with their place in the line at the lock', async () => {
  const productId = await api.createProduct()
  const { body } = await api.call('/purchases', { json: { productId, customerId: 'c-1', quantity: 2 } })
  const progress = {
    status: 'waiting_for_lock',
    since: '2026-01-31T12:00:00.000Z',
    waitedMs: 1_200,
    batchesAhead: 3,
    purchasesAhead: 41,
  }
  await (await api.queue.getJob(body.jobId))?.updateProgress(progress)
  const answer = await look('/api/queues?activeQueue=purchases&status=latest&page=1&jobsPerPage=10')
  expect(answer.status).toBe(200)
  const [queue] = answer.body.queues
  expect(queue).toMatchObject({ name: 'purchases', readOnlyMode: true, counts: { waiting: 1 } })
  expect(queue.jobs).toMatchObject([
    { id: body.jobId, progress, data: { productId, customerId: 'c-1', quantity: 2 } },
  ])
  expect(queue.jobs[0].name).toBe(`2 × product ${productId} · waiting for the lock, 41 purchases ahead`)
})

test('nothing can be changed', async () => {
  const before = await api.queued()
  const writes = [
    'add',
    'pause',
    'resume',
    'empty',
    'obliterate',
    'promote',
    'retry/failed',
    'clean/completed',
  ]
  for (const action of writes) {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      expect((await look(`/api/queues/purchases/${action}`, method)).status).toBe(405)
    }
  }
  expect(await api.queued()).toBe(before)
  expect(await api.queue.isPaused()).toBe(false)
})

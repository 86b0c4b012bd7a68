/** The dashboard over HTTP; in a browser: dashboard-page.test.ts. */
import { appRoutes } from '@bull-board/api/dist/routes.js'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { Worker } from 'bullmq'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { adminHeaders, eventually, type ServedApi, serveApi, viewerHeaders } from './served-api.ts'

const stores = isolatedStores()
let api: ServedApi

beforeAll(async () => {
  api = await serveApi(stores)
})
afterAll(() => api.close())

const look = (path: string, method = 'GET', json?: unknown) =>
  api.call(`/admin/queues${path}`, { method, headers: adminHeaders, ...(json === undefined ? {} : { json }) })

const listed = async (status = 'latest') => {
  const answer = await look(`/api/queues?activeQueue=purchases&status=${status}&page=1&jobsPerPage=10`)
  expect(answer.status).toBe(200)
  return answer.body.queues
}

test('the page and what it loads', async () => {
  const page = await look('')
  expect(page.status).toBe(200)
  expect(page.text).toContain('<title>Flash Sale Engine</title>')
  expect(page.headers.get('x-powered-by')).toBeNull()
  expect(page.text).not.toMatch(/(src|href)="(https?:)?\/\//)
  const files = [...page.text.matchAll(/(?:src|href)="(static\/[^"]+\.(?:js|css))"/g)]
  expect(files.length).toBeGreaterThan(3)
  for (const [, file] of files) expect((await look(`/${file}`)).status).toBe(200)
  expect((await look('/queue/purchases')).status).toBe(200)
})

test('each is told what one may do', async () => {
  expect((await look('')).text).toContain('development · operator')
  const page = await api.call('/admin/queues', { headers: viewerHeaders })
  expect(page.text).toContain('development · viewer')
  const { body } = await api.call('/admin/queues/api/queues', { headers: viewerHeaders })
  expect(body.queues).toMatchObject([
    { name: 'purchases', readOnlyMode: true, allowRetries: false },
    { name: 'reconciler', readOnlyMode: true, allowRetries: false },
  ])
  expect(await listed()).toMatchObject([
    { name: 'purchases', readOnlyMode: false, allowRetries: true, allowCompletedRetries: false },
    { name: 'reconciler', readOnlyMode: true, allowRetries: false },
  ])
})

test('jobs in words, with their place in the line at the lock', async () => {
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
  const [queue] = await listed()
  expect(queue?.jobs).toMatchObject([
    {
      id: body.jobId,
      name: '2 × iPhone 15 for c-1 · waiting for the lock, 3 batches ahead, 1200 ms',
      progress: 'waiting for the lock, 3 batches ahead, 1200 ms (41 purchases ahead), at 12:00:01.200',
      data: { product: 'iPhone 15', productId, customerId: 'c-1', quantity: 2 },
      externalUrl: { href: `/purchases/${body.jobId}` },
    },
  ])
  await (await api.queue.getJob(body.jobId))?.remove()
})

test('a job of any shape breaks no list', async () => {
  const shapes: unknown[] = [null, 7, 'text', [], { productId: {}, customerId: [], quantity: 'x' }]
  for (const data of shapes) await api.queue.add('odd', data as never)
  const [queue] = await listed('waiting')
  expect(queue?.jobs).toHaveLength(shapes.length)
  await api.queue.drain()
})

test.each([
  ['10', 200],
  ['500', 200],
  ['501', 400],
  ['100000', 400],
  ['1e9', 400],
  ['100000x', 400],
  ['10&jobsPerPage=100000', 400],
])('a page of %s jobs: %i', async (size, status) => {
  const path = `/api/queues?activeQueue=purchases&status=waiting&page=1&jobsPerPage=${size}`
  expect((await look(path)).status).toBe(status)
})

/** Every call that Bull Board's own table of routes has, as `PUT /api/queues/:queueName/pause`. */
const boardCalls = appRoutes.api.flatMap(({ method, route }) =>
  [method]
    .flat()
    .flatMap((name) => [route].flat().map((path): [string, string] => [name.toUpperCase(), path])),
)
const forOperators = new Set([
  'PUT /api/queues/pause',
  'PUT /api/queues/resume',
  'PUT /api/queues/:queueName/pause',
  'PUT /api/queues/:queueName/resume',
  'PUT /api/queues/:queueName/:jobId/retry',
  'PUT /api/queues/:queueName/retry/failed',
])

describe('an operator', () => {
  const writes = boardCalls
    .filter(([method]) => method !== 'GET')
    .flatMap(([method, path]): [string, string][] =>
      path.includes(':queueStatus')
        ? ['failed', 'completed', 'wait', 'active'].map((status) => [
            method,
            path.replace(':queueStatus', status),
          ])
        : [[method, path]],
    )
  test('Bull Board has writes', () => {
    const known = writes.map(([method, path]) => `${method} ${path}`)
    expect(known.length).toBeGreaterThan(20)
    expect(known).toEqual(expect.arrayContaining([...forOperators]))
  })

  const refused = writes.filter(([method, path]) => !forOperators.has(`${method} ${path}`))
  test.each(refused)('may not %s %s', async (method, path) => {
    const { body } = await api.call('/purchases', {
      json: { productId: await api.createProduct(), customerId: 'c-1' },
    })
    const before = await api.queue.getJobCounts()
    const address = path
      .replace(':queueName', 'purchases')
      .replace(':jobId', body.jobId)
      .replace(/:\w+/g, '1')
    const json = { name: 'x', data: {}, options: {}, jobData: {}, concurrency: 1, delay: 1, priority: 1 }
    const answer = await look(address, method, json)
    expect([403, 405]).toContain(answer.status)
    expect(answer.status === 403 ? answer.body.message : answer.body.code).toMatch(
      /^(Here an operator may pause, resume and retry|method-not-allowed)/,
    )
    expect(await api.queue.getJobCounts()).toEqual(before)
    await (await api.queue.getJob(body.jobId))?.remove()
  })

  test.each(['/api/queues/purchases', '/api/queues'])('pauses and resumes by %s', async (path) => {
    expect((await look(`${path}/pause`, 'PUT')).status).toBe(200)
    expect(await api.queue.isPaused()).toBe(true)
    expect((await look(`${path}/resume`, 'PUT')).status).toBe(200)
    expect(await api.queue.isPaused()).toBe(false)
  })

  test('does not pause the reconciler', async () => {
    expect((await look('/api/queues/reconciler/pause', 'PUT')).status).toBe(405)
  })

  test('puts a failed job back into the queue', async () => {
    const { body } = await api.call('/purchases', {
      json: { productId: await api.createProduct(), customerId: 'c-1' },
    })
    const worker = new Worker('purchases', null, {
      connection: { url: stores.redisUrl },
      prefix: `${stores.keyPrefix}bull`,
    })
    try {
      const job = await worker.getNextJob('token')
      await job?.moveToFailed(new Error('a fault'), 'token', false)
    } finally {
      await worker.close()
    }
    expect((await api.queue.getJobCounts()).failed).toBe(1)
    expect((await look(`/api/queues/purchases/${body.jobId}/retry`, 'PUT')).status).toBe(204)
    expect(await api.queue.getJobState(body.jobId)).toBe('waiting')
    await api.queue.drain()
  })
})

test('a method that no call has is closed', async () => {
  for (const method of ['POST', 'PATCH', 'DELETE'])
    expect((await look('/api/queues/purchases/anything', method)).status).toBe(405)
})

test.each([
  ['no JSON', 'pause', {}, '{"', 400, 'a body of valid JSON'],
  ['too much', 'pause', {}, ' '.repeat(200_000), 413, 'a body of at most 100 kB'],
  ['an unknown encoding', 'pause', { 'content-encoding': 'x' }, '{}', 415, 'a body in UTF-8'],
  [
    'another charset',
    'pause',
    { 'content-type': 'application/json; charset=x' },
    '{}',
    415,
    'a body in UTF-8',
  ],
  ['an address that does not decode', '%ff/retry', {}, '{}', 400, 'valid percent-encoding'],
])('what cannot be read is no fault of ours: %s', async (_what, path, headers, raw, status, expected) => {
  const answer = await api.call(`/admin/queues/api/queues/purchases/${path}`, {
    method: 'PUT',
    raw,
    headers: { 'content-type': 'application/json', ...adminHeaders, ...headers },
  })
  expect(answer.status).toBe(status)
  expect(answer.body.message).toContain(expected)
  expect(answer.text).not.toMatch(/node_modules|Error:|SyntaxError/)
  expect(await api.queue.isPaused()).toBe(false)
})

test('a fault is answered without its cause, which is in the log under the id of the request', async () => {
  const failing = vi.spyOn(api.queue, 'getJobCounts').mockRejectedValue(new Error('the cause'))
  const answer = await api.call('/admin/queues/api/queues?activeQueue=purchases', {
    headers: { ...adminHeaders, 'x-request-id': 'looked-at-it' },
  })
  failing.mockRestore()
  expect(answer.status).toBe(500)
  expect(answer.body.message).toBe('The queues did not answer; the cause is in the log.')
  expect(answer.text).not.toContain('the cause"')
  const lines = await eventually(async () => {
    const found = api.logLines.filter((line) => line.includes('looked-at-it'))
    return found.length > 0 && found
  })
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    ...{ level: 50, requestId: 'looked-at-it', status: 500 },
    err: { message: 'the cause' },
  })
})

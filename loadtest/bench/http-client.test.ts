import type { ServerResponse } from 'node:http'
import { expect, test, vi } from 'vitest'
import { type Handler, serve } from '../test/http-server.ts'
import { openClient } from './http-client.ts'

const get = { method: 'GET' as const, path: '/' }

test('sends what is asked for, and reads the answer with its status', async () => {
  const origin = await serve((request, response, body) => {
    const { method, url, headers } = request
    response.statusCode = 202
    const text = JSON.stringify({
      method,
      url,
      type: headers['content-type'],
      prefer: headers.prefer,
      host: headers.host,
      body,
    })
    response.setHeader('content-length', Buffer.byteLength(text))
    response.end(text)
  })
  const client = openClient(origin, 1)
  const { status, body } = await client.send(
    { method: 'POST', path: '/a?b=1', body: '{"name":"Müller"}', prefer: 'wait=3' },
    true,
  )
  expect(status).toBe(202)
  expect(JSON.parse(body)).toEqual({
    method: 'POST',
    url: '/a?b=1',
    type: 'application/json',
    prefer: 'wait=3',
    host: new URL(origin).host,
    body: { name: 'Müller' },
  })
  expect(await client.send(get)).toEqual({ status: 202, body: '' })
  await client.close()
})

test('puts an answer together that comes in pieces', async () => {
  const text = 'ä'.repeat(100_000)
  const origin = await serve(async (_request, response) => {
    response.setHeader('content-length', Buffer.byteLength(text))
    for (let from = 0; from < text.length; from += 9_999) {
      response.write(text.slice(from, from + 9_999))
      await new Promise((resolve) => setImmediate(resolve))
    }
    response.end()
  })
  const client = openClient(origin, 1)
  expect(await client.send(get, true)).toEqual({ status: 200, body: text })
  await client.close()
})

test('opens no more connections than it may, one request at a time on each', async () => {
  const sockets = new Set<unknown>()
  const held: ServerResponse[] = []
  let together = 0
  const origin = await serve((request, response) => {
    sockets.add(request.socket)
    held.push(response)
    together = Math.max(together, held.length)
    setImmediate(() => held.shift()?.end('ok'))
  })
  const client = openClient(origin, 3)
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.send(get, true)))
  expect(answers).toEqual(Array.from({ length: 50 }, () => ({ status: 200, body: 'ok' })))
  expect(sockets.size).toBe(3)
  expect(together).toBeLessThanOrEqual(3)
  await client.close()
})

test.each<[string, Handler]>([
  ['a connection that is cut', (request) => request.socket.destroy()],
  ['half an answer', (request) => request.socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf')],
  ['an answer that does not say its length', (_request, response) => void response.write('chunk')],
  [
    'more than was asked for',
    (request) => request.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab'),
  ],
])('%s is a fault, and the next request has a connection of its own', async (_name, first) => {
  let requests = 0
  const origin = await serve((request, response) => {
    requests += 1
    if (requests === 1) return first(request, response, undefined)
    response.end('ok')
  })
  const client = openClient(origin, 1)
  const [fault, next] = await Promise.all([client.send(get, true), client.send(get, true)])
  expect(fault).toEqual({ status: 0, body: '' })
  expect(next).toEqual({ status: 200, body: 'ok' })
  await client.close()
})

test('an answer that closes its connection is followed by another connection', async () => {
  const origin = await serve((_request, response) => {
    response.setHeader('connection', 'close')
    response.end('ok')
  })
  const client = openClient(origin, 1)
  for (let n = 0; n < 3; n += 1) expect(await client.send(get, true)).toEqual({ status: 200, body: 'ok' })
  await client.close()
})

test('nobody listens: a fault; closed: a fault, for what waits and for what comes later', async () => {
  const nobody = openClient('http://127.0.0.1:9', 2)
  expect(await nobody.send(get)).toEqual({ status: 0, body: '' })
  await nobody.close()

  const origin = await serve(() => undefined)
  const client = openClient(origin, 1)
  const all = [client.send(get), client.send(get)]
  await client.close()
  expect(await Promise.all([...all, client.send(get)])).toEqual(Array(3).fill({ status: 0, body: '' }))
})

test('a connection that was idle for long is not used again: the server may be closing it', async () => {
  const sockets = new Set<unknown>()
  const origin = await serve((request, response) => {
    sockets.add(request.socket)
    response.end('ok')
  })
  const client = openClient(origin, 1)
  const now = vi.spyOn(performance, 'now').mockReturnValue(0)
  await client.send(get)
  now.mockReturnValue(2_999)
  await client.send(get)
  expect(sockets.size).toBe(1)
  now.mockReturnValue(6_000)
  expect(await client.send(get, true)).toEqual({ status: 200, body: 'ok' })
  expect(sockets.size).toBe(2)
  now.mockRestore()
  await client.close()
})

/** Clients that send too slowly, too much, or nothing at all. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ServedApi, serveApi } from './served-api.ts'

const stores = isolatedStores()
const connectionsMax = 50
let api: ServedApi

beforeAll(async () => {
  const patience = { headersMs: 400, requestMs: 600, checkEveryMs: 50, silentMs: 800 }
  api = await serveApi(stores, { connectionsMax, patience })
})
afterAll(() => api.close())

const open = async (): Promise<Socket> => {
  const socket = connect(api.port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** Not `once`: that one fails when the connection ends with an error, as a cut one may. */
const told = (socket: Socket, event: 'close' | 'drain'): Promise<unknown> =>
  new Promise((resolve) => socket.once(event, resolve))

/** What the server says until it closes the connection. */
const heard = async (socket: Socket): Promise<string> => {
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  if (!socket.destroyed) await told(socket, 'close')
  return text
}

const request = (line: string, length: string) =>
  `${line} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${length}\r\n\r\n`
const post = (length: string) =>
  `POST /purchases HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${length}\r\n\r\n`

describe('slow clients are cut', () => {
  test.each([
    ['headers that drip', 'GET /livez HTTP/1.1\r\nhost: x\r\n', 'x-a: b\r\n'],
    ['a body that drips', post('content-length: 4000'), ' '],
    ['a body in dripping chunks', post('transfer-encoding: chunked'), '1\r\n \r\n'],
  ])('%s', async (_what, start, drop) => {
    const socket = await open()
    const answer = heard(socket)
    socket.write(start)
    const drip = setInterval(() => socket.write(drop), 20)
    expect(await answer).toMatch(/^HTTP\/1.1 408 /)
    clearInterval(drip)
    expect((await api.call('/livez')).status).toBe(200)
  })

  test('answers that are asked for and not read', async () => {
    const socket = await open()
    socket.pause()
    socket.write('GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(200))
    // Whether it was cut a paused socket notices when it writes; the server reads nothing more before it has sent.
    const knock = setInterval(() => socket.write(' '), 50)
    await told(socket, 'close')
    clearInterval(knock)
    expect((await api.call('/livez')).status).toBe(200)
  })

  test('silence from the start', async () => {
    expect(await heard(await open())).toMatch(/^HTTP\/1.1 408 |^$/)
  })
})

describe('what is too large is refused, and not read to its end', () => {
  const block = Buffer.alloc(65_536, ' ')
  const chunk = Buffer.concat([Buffer.from('10000\r\n'), block, Buffer.from('\r\n')])
  test.each([
    ['100 MB, as announced', post('content-length: 104857600'), block],
    ['100 MB in chunks', post('transfer-encoding: chunked'), chunk],
    ['100 MB for a route that reads none', request('GET /livez', 'content-length: 104857600'), block],
    ['100 MB in chunks for nobody', request('POST /nowhere', 'transfer-encoding: chunked'), chunk],
    ['100 MB from a stranger', request('POST /admin/queue/pause', 'content-length: 104857600'), block],
  ])('%s', async (_what, start, piece) => {
    const socket = await open()
    const answer = heard(socket)
    socket.write(start)
    for (let sent = 0; sent < 1_600 && socket.writable; sent += 1) {
      if (!socket.write(piece)) await Promise.race([told(socket, 'drain'), answer])
    }
    expect(await answer).toMatch(/^HTTP\/1.1 (413|200|404|401) |^$/)
    expect(socket.bytesWritten).toBeLessThan(20_000_000)
    expect((await api.call('/livez')).status).toBe(200)
  })

  test('a header of 64 kB', async () => {
    const socket = await open()
    const answer = heard(socket)
    socket.write(`GET /livez HTTP/1.1\r\nhost: x\r\nx-a: ${'a'.repeat(65_536)}\r\n\r\n`)
    expect(await answer).toMatch(/^HTTP\/1.1 431 /)
  })
})

test('an expectation that nobody knows is ignored', async () => {
  const socket = await open()
  const answer = heard(socket)
  socket.write('GET /livez HTTP/1.1\r\nhost: x\r\nexpect: wonders\r\nconnection: close\r\n\r\n')
  expect(await answer).toMatch(/^HTTP\/1.1 200 /)
})

test('10,000 idle connections: those before them are served on, and afterwards everybody is', {
  timeout: 60_000,
}, async () => {
  const client = await open()
  const ask = async (): Promise<string> => {
    client.write('GET /livez HTTP/1.1\r\nhost: x\r\n\r\n')
    return String((await once(client, 'data'))[0])
  }
  expect(await ask()).toContain('200 OK')
  let taken = 0
  for (let wave = 0; wave < 20; wave += 1) {
    const sockets = Array.from({ length: 500 }, () => connect(api.port, '127.0.0.1'))
    for (const socket of sockets) socket.on('error', () => undefined).resume()
    await Promise.all(sockets.map((socket) => told(socket, 'close')))
    taken += sockets.length
    expect(await ask()).toContain('200 OK')
  }
  expect(taken).toBe(10_000)
  expect(api.logLines.some((line) => line.includes('MAX_CONNECTIONS is reached'))).toBe(true)
  expect((await api.call('/livez')).status).toBe(200)
  client.destroy()
})

import { once } from 'node:events'
import { connect } from 'node:net'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Listening, listen } from './listen.ts'

const logger = pino({ level: 'silent' })
const options = { host: '127.0.0.1', port: 0, connectionsMax: 2, logger }
let server: Listening

beforeAll(async () => {
  server = await listen((_request, response) => void response.end('served'), options)
})
afterAll(() => server.close(1_000))

/** Sends bytes and reads until the server closes the connection. */
const exchange = async (bytes: string): Promise<string> => {
  const socket = connect(server.port, '127.0.0.1')
  let received = ''
  socket.on('data', (chunk) => {
    received += String(chunk)
  })
  socket.on('error', () => undefined)
  socket.write(bytes)
  await once(socket, 'close')
  return received
}

describe('what is no HTTP is answered and cut off', () => {
  test.each([
    ['noise', '\u0000\u0001\u0002\r\n\r\n', 400],
    ['an unknown method', 'STEAL / HTTP/1.1\r\nhost: x\r\n\r\n', 400],
    ['a header without name', 'GET / HTTP/1.1\r\nhost: x\r\n: y\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na', 400],
    [
      'length and chunks',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n',
      400,
    ],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['no Host, and an expectation', 'GET / HTTP/1.1\r\nexpect: wonders\r\n\r\n', 400],
    ['no Host, and a body', 'POST / HTTP/1.1\r\ncontent-length: 9\r\n\r\n', 400],
    ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001', 400],
    ['headers over 8 KiB', `GET / HTTP/1.1\r\nhost: x\r\ncookie: ${'c'.repeat(9_000)}\r\n\r\n`, 431],
    ['a target over 8 KiB', `GET /${'a'.repeat(9_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, 431],
  ])('%s', async (_what, bytes, status) => {
    const [head, body] = (await exchange(bytes)).split('\r\n\r\n')
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(head).toContain('Content-Type: application/problem+json')
    expect(JSON.parse(body ?? '')).toMatchObject({ type: 'about:blank', status })
  })
})

test('a missing Host is said; HTTP/1.0 knows none', async () => {
  expect(await exchange('GET / HTTP/1.1\r\n\r\n')).toContain('expected a Host header')
  expect(await exchange('GET / HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1.1 200 .*served$/s)
})

test('connections over the limit are dropped, and those before it are served', async () => {
  const first = [connect(server.port, '127.0.0.1'), connect(server.port, '127.0.0.1')]
  await Promise.all(first.map((socket) => once(socket, 'connect')))
  // A request over each, so that the server is known to have taken both.
  for (const socket of first) {
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    expect(String((await once(socket, 'data'))[0])).toContain('200 OK')
  }
  expect(await exchange('GET / HTTP/1.1\r\nhost: x\r\n\r\n')).toBe('')
  for (const socket of first) socket.destroy()
})

test('a taken port is said in one line', async () => {
  const again = listen(() => undefined, { ...options, port: server.port })
  await expect(again).rejects.toThrow(`Port ${server.port} on 127.0.0.1 is taken by another process.`)
})

describe('close', () => {
  test('lets a request end, then closes its kept connection', async () => {
    const answers: (() => void)[] = []
    const arrived = new Promise<void>((resolve) => {
      answers.push(resolve)
    })
    let finish: () => void = () => undefined
    const slow = await listen((_request, response) => {
      finish = () => void response.end('late')
      answers[0]?.()
    }, options)
    const answer = fetch(`http://127.0.0.1:${slow.port}/`)
    await arrived
    const closed = slow.close(10_000)
    finish()
    expect(await (await answer).text()).toBe('late')
    await closed
  })

  test('drops a request that does not end by the deadline', async () => {
    const stuck = await listen(() => undefined, options)
    const socket = connect(stuck.port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    const ended = once(socket, 'close')
    await once(socket, 'connect')
    await stuck.close(100)
    await ended
  })
})

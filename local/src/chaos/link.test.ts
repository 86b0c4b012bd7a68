import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Link, openLink } from './link.ts'
import { until } from './until.ts'

let store: Server
let link: Link
let clients: Socket[]
/** What the store was told, over all connections. */
let told: string

beforeEach(async () => {
  told = ''
  clients = []
  store = createServer((socket) => {
    socket.setEncoding('utf8').on('error', () => undefined)
    socket.on('data', (text) => {
      told += text
      socket.write(`echo ${text}`)
    })
  })
  store.listen(0, '127.0.0.1')
  await once(store, 'listening')
  link = await openLink(0, (store.address() as AddressInfo).port)
})
afterEach(async () => {
  for (const client of clients) client.destroy()
  await link.close()
  store.close()
})

const call = async () => {
  const socket = connect({ port: link.port, host: '127.0.0.1', noDelay: true })
  clients.push(socket)
  let heard = ''
  const chunks: number[] = []
  socket.setEncoding('utf8').on('data', (text: string) => {
    heard += text
    chunks.push(text.length)
  })
  const closed = new Promise<string>((resolve) => {
    let reason = 'end'
    socket.on('error', (error: NodeJS.ErrnoException) => {
      reason = error.code ?? error.message
    })
    socket.on('close', () => resolve(reason))
  })
  await Promise.race([new Promise<void>((resolve) => socket.once('connect', resolve)), closed])
  return { socket, heard: () => heard, chunks, closed }
}
const patienceMs = 5_000

test('passes on what is said, both ways', async () => {
  const client = await call()
  client.socket.write('hello')
  await until('the answer', patienceMs, () => client.heard() === 'echo hello')
  expect(link.connections()).toBe(1)
})

test('holds what is said until it is delivered', async () => {
  const client = await call()
  link.hold('toServer')
  client.socket.write('hello')
  await until('the held bytes', patienceMs, () => link.held('toServer') === 'hello')
  expect(told).toBe('')
  link.deliver('toServer')
  await until('the answer', patienceMs, () => client.heard() === 'echo hello')
})

test('holds what is answered, and forgets it with a reset', async () => {
  const client = await call()
  link.hold('toClient')
  client.socket.write('hello')
  await until('the held bytes', patienceMs, () => link.held('toClient') === 'echo hello')
  expect(told).toBe('hello')
  link.reset()
  expect(await client.closed).toBe('ECONNRESET')
  expect(client.heard()).toBe('')
  const next = await call()
  next.socket.write('again')
  await until('an answer over a new connection', patienceMs, () => next.heard() === 'echo again')
})

test('delivers what a client has said that is gone by now', async () => {
  const client = await call()
  link.hold('toServer')
  client.socket.end('last words')
  await until('the held bytes', patienceMs, () => link.held('toServer') === 'last words')
  client.socket.destroy()
  await client.closed
  link.deliver('toServer')
  await until('the last words', patienceMs, () => told === 'last words')
})

test('slices and delays', async () => {
  const client = await call()
  link.slice(3)
  link.slow(50)
  const sentAt = performance.now()
  client.socket.write('0123456789')
  await until('the whole answer', patienceMs, () => client.heard().replaceAll('echo ', '') === '0123456789')
  expect(performance.now() - sentAt).toBeGreaterThanOrEqual(100)
  expect(client.chunks.length).toBeGreaterThan(1)
})

test('refuses new connections and keeps the old ones', async () => {
  const client = await call()
  link.refuse()
  const refused = await call()
  expect(await refused.closed).toBe('ECONNREFUSED')
  client.socket.write('still here')
  await until('the answer', patienceMs, () => client.heard() === 'echo still here')
  await link.restore()
  const next = await call()
  next.socket.write('hello')
  await until('an answer over a new connection', patienceMs, () => next.heard() === 'echo hello')
})

test('shows a store that is not there as a connection that fails', async () => {
  store.close()
  const client = await call()
  expect(await client.closed).toBe('ECONNRESET')
})

/** What one address may hold of a process: event streams, requests that wait, connections. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { readEvents } from './event-reader.ts'
import { expectProblem } from './expect-problem.ts'
import { eventually, type ServedApi, serveApi } from './served-api.ts'

const stores = isolatedStores()
const shares = { MAX_STREAMS_PER_IP: '2', MAX_HELD_PER_IP: '2' }
let api: ServedApi
let productId: number

beforeAll(async () => {
  api = await serveApi(stores, { env: { ...shares, TRUST_PROXY_HOPS: '1' } })
  productId = await api.createProduct()
})
afterAll(() => api.close())

const from = (address: string) => ({ 'x-forwarded-for': address })
const buy = async (headers: Record<string, string> = {}) =>
  api.call('/purchases', { json: { productId, customerId: 'c-1' }, headers })
const addressOf = (path: string): string => `http://127.0.0.1:${api.port}${path}`

describe('event streams of an address', () => {
  test('those of purchases and of products are counted together; others and whoever leaves have room', async () => {
    const { jobId } = (await buy()).body
    const [ofPurchase, ofProduct] = [`/purchases/${jobId}/events`, `/products/${productId}/events`]
    const open = (path: string, address: string) => readEvents(addressOf(path), from(address))
    const streams = [await open(ofPurchase, '192.0.2.1'), await open(ofProduct, '192.0.2.1')]
    expect(streams.map(({ status }) => status)).toEqual([200, 200])
    for (const path of [ofPurchase, ofProduct]) {
      const refused = await api.call(path, { headers: from('192.0.2.1') })
      expectProblem(refused, 429, 'rate-limited')
      expect(refused.headers.get('retry-after')).toBe('5')
    }
    // The address is the one that our proxy has seen, not the one that the client names.
    expectProblem(await api.call(ofProduct, { headers: from('10.0.0.1, 192.0.2.1') }), 429, 'rate-limited')
    const other = await open(ofProduct, '192.0.2.2')
    expect(other.status).toBe(200)
    other.leave()
    streams[0]?.leave()
    await eventually(async () => {
      const again = await open(ofPurchase, '192.0.2.1')
      again.leave()
      return again.status === 200
    })
    streams[1]?.leave()
  })

  test('a /56 of IPv6 is one address', async () => {
    const open = (address: string) => readEvents(addressOf(`/products/${productId}/events`), from(address))
    const streams = [await open('2001:db8::1'), await open('2001:db8:0:ff::2'), await open('2001:db8:0:1::3')]
    expect(streams.map(({ status }) => status)).toEqual([200, 200, 429])
    const other = await open('2001:db8:0:100::1')
    expect(other.status).toBe(200)
    for (const stream of [...streams, other]) stream.leave()
  })
})

test('of requests that wait, one too many is answered at once, and nothing is lost by it', async () => {
  const { jobId } = (await buy()).body
  const leaving = new AbortController()
  const waiting = (address: string, seconds: number) => ({ ...from(address), prefer: `wait=${seconds}` })
  const held = [1, 2].map(() =>
    fetch(addressOf(`/purchases/${jobId}`), {
      headers: waiting('192.0.2.3', 20),
      signal: leaving.signal,
    }).catch(() => 'left'),
  )
  await eventually(async () => {
    const { headers } = await api.call(`/purchases/${jobId}`, { headers: waiting('192.0.2.3', 0) })
    return headers.get('preference-applied') === null
  })
  // With a wait this long the test would time out.
  const looked = await api.call(`/purchases/${jobId}`, { headers: waiting('192.0.2.3', 30) })
  expect(looked).toMatchObject({ status: 200, body: { status: 'queued' } })
  const bought = await buy(waiting('192.0.2.3', 30))
  expect({ status: bought.status, applied: bought.headers.get('preference-applied') }).toEqual({
    status: 202,
    applied: null,
  })
  const other = await api.call(`/purchases/${jobId}`, { headers: waiting('192.0.2.4', 0) })
  expect(other.headers.get('preference-applied')).toBe('wait=0')
  leaving.abort()
  expect(await Promise.all(held)).toEqual(['left', 'left'])
  await eventually(async () => {
    const answer = await api.call(`/purchases/${jobId}`, { headers: waiting('192.0.2.3', 0) })
    return answer.headers.get('preference-applied') === 'wait=0'
  })
})

test('connections of an address beyond its share are closed, and those before them served on', async () => {
  const direct = await serveApi(stores, { env: { MAX_CONNECTIONS_PER_IP: '3' } })
  onTestFinished(direct.close)
  const open = async (localAddress: string) => {
    const socket = connect({ port: direct.port, host: '127.0.0.1', localAddress })
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    return socket
  }
  /** Nothing, when the connection was closed. */
  const ask = (socket: Awaited<ReturnType<typeof open>>): Promise<string> => {
    const answer = new Promise<string>((resolve) => {
      socket.once('data', (chunk) => resolve(String(chunk))).once('close', () => resolve(''))
      if (socket.closed) resolve('')
    })
    socket.write('GET /livez HTTP/1.1\r\nhost: x\r\n\r\n')
    return answer
  }
  const ours = [await open('127.0.0.9'), await open('127.0.0.9'), await open('127.0.0.9')]
  for (const socket of ours) expect(await ask(socket)).toContain('200 OK')
  expect(await ask(await open('127.0.0.9'))).toBe('')
  for (const socket of ours) expect(await ask(socket)).toContain('200 OK')
  const other = await open('127.0.0.10')
  expect(await ask(other)).toContain('200 OK')
  expect(direct.logLines.filter((line) => line.includes('MAX_CONNECTIONS_PER_IP'))).toHaveLength(1)

  ours[0]?.destroy()
  await eventually(async () => {
    const again = await open('127.0.0.9')
    const answer = await ask(again)
    again.destroy()
    return answer.includes('200 OK')
  })
  for (const socket of [...ours, other]) socket.destroy()
})

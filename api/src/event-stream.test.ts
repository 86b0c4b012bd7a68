import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { openEventStream } from './event-stream.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A client that sends its request and reads nothing. */
const slowReader = async (): Promise<ServerResponse> => {
  const { promise, resolve } = Promise.withResolvers<ServerResponse>()
  const server = createServer((_request, response) => resolve(response))
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.pause()
  client.on('error', () => undefined)
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  closers.push(() => {
    client.destroy()
    server.close()
  })
  return promise
}

it('drops a reader that is too slow, and keeps little for it', async () => {
  const response = await slowReader()
  const stream = openEventStream(response)
  const closed = new Promise((resolve) => response.once('close', resolve))
  const data = 'x'.repeat(4_000)
  let unsentMax = 0
  for (let sent = 0; sent < 100_000 && !response.destroyed; sent += 1) {
    stream.send({ event: 'status', id: 'queued', data })
    unsentMax = Math.max(unsentMax, response.writableLength)
    // Lets the system take what it can.
    if (sent % 3 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  expect(response.destroyed).toBe(true)
  expect(unsentMax).toBeLessThan(40_000)
  await closed
  stream.send({ event: 'status', id: 'queued', data })
  stream.end()
})

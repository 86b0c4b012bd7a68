import { EventEmitter } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
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

describe('a stream that nobody ends', () => {
  afterEach(() => void vi.useRealTimers())

  const minutesMs = (count: number): number => count * 60_000

  /** What a stream sends, and whether it has ended, as time goes by. */
  const openedStream = (validForMs = Number.POSITIVE_INFINITY) => {
    vi.useFakeTimers()
    const sent: string[] = []
    const response = Object.assign(new EventEmitter(), {
      writableEnded: false,
      destroyed: false,
      writableLength: 0,
      writeHead: () => response,
      write: (text: string) => sent.push(text) > 0,
      end: () => {
        response.writableEnded = true
        response.emit('close')
      },
    })
    openEventStream(response as unknown as ServerResponse, { validUntilMs: Date.now() + validForMs })
    const heartbeats = (): number => sent.filter((text) => text === ': still here\n\n').length
    return { response, sent, heartbeats }
  }

  it('sends something every 15 s', () => {
    const { heartbeats } = openedStream()
    vi.advanceTimersByTime(14_999)
    expect(heartbeats()).toBe(0)
    vi.advanceTimersByTime(1)
    expect(heartbeats()).toBe(1)
    vi.advanceTimersByTime(60_000)
    expect(heartbeats()).toBe(5)
  })

  it.each([
    ['after 15 minutes', Number.POSITIVE_INFINITY, minutesMs(15)],
    ['after 15 minutes, also when its token is valid for longer', minutesMs(60), minutesMs(15)],
    ['with its token', minutesMs(4), minutesMs(4)],
    ['at once when its token has ended', -5, 1],
    ['after 15 minutes, whatever a token says', 1e300, minutesMs(15)],
  ])('ends %s, and leaves no timer', (_what, validForMs, endsAfterMs) => {
    const { response, heartbeats } = openedStream(validForMs)
    vi.advanceTimersByTime(endsAfterMs - 1)
    expect(response.writableEnded).toBe(endsAfterMs === 1)
    vi.advanceTimersByTime(1)
    expect(response.writableEnded).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
    const before = heartbeats()
    vi.advanceTimersByTime(minutesMs(1))
    expect(heartbeats()).toBe(before)
  })

  it('leaves no timer when its reader goes', () => {
    const { response } = openedStream()
    response.emit('close')
    expect(vi.getTimerCount()).toBe(0)
  })
})

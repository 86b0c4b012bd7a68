import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { acceptsConnections, freePort, isPortTaken, onFreePort } from './free-port.ts'

test.each(['127.0.0.1', '0.0.0.0', '::'])('a listener on %s is noticed, and so is its end', async (host) => {
  const port = await freePort()
  expect(await isPortTaken(port)).toBe(false)
  const server = createServer().listen(port, host)
  await once(server, 'listening')
  expect(await isPortTaken(port)).toBe(true)
  expect(await acceptsConnections('127.0.0.1', port, 5_000)).toBe(true)
  server.close()
  await once(server, 'close')
  expect(await isPortTaken(port)).toBe(false)
  expect(await acceptsConnections('127.0.0.1', port, 5_000)).toBe(false)
})

test('a port that was taken in between is given up for another', async () => {
  const tried: number[] = []
  const port = await onFreePort(async (candidate) => {
    tried.push(candidate)
    if (tried.length < 3) throw new Error('bind: Address already in use')
    return candidate
  })
  expect(tried).toHaveLength(3)
  expect(port).toBe(tried[2])
})

test.each([
  ['Address already in use', 3],
  ['out of memory', 1],
])('after "%s" it gives up after %i attempts', async (message, attempts) => {
  let count = 0
  const start = (): Promise<never> => {
    count += 1
    return Promise.reject(new Error(message))
  }
  await expect(onFreePort(start)).rejects.toThrow(message)
  expect(count).toBe(attempts)
})

import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { Redis } from 'ioredis'
import { expect, it } from 'vitest'
import { writeTogether } from './write-together.ts'

const { redisUrl, keyPrefix } = isolatedStores()

/** A server that answers every PING, and knows how many pieces the commands came in. */
const pingServer = async () => {
  const pieces: number[] = []
  const server = createServer((socket) => {
    socket.on('data', (chunk) => {
      const pings = chunk.toString().match(/ping/gi)?.length ?? 0
      if (pings > 0) pieces.push(pings)
      socket.write('+PONG\r\n'.repeat(pings))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { pieces, server, port: (server.address() as AddressInfo).port }
}

it('sends what is asked in one turn as one piece', async () => {
  const { pieces, server, port } = await pingServer()
  const redis = writeTogether(
    new Redis(port, '127.0.0.1', { enableReadyCheck: false, protocol: 2, disableClientInfo: true }),
  )
  await once(redis, 'ready')
  await Promise.all(Array.from({ length: 100 }, () => redis.ping()))
  expect(pieces).toEqual([100])
  // Also what follows from one another within the turn, by promises.
  await Promise.all(Array.from({ length: 10 }, async () => Promise.resolve().then(() => redis.ping())))
  expect(pieces).toEqual([100, 10])
  redis.disconnect()
  server.close()
})

it('keeps the order of commands and goes on after the connection was lost', async () => {
  const redis = writeTogether(new Redis(redisUrl))
  const key = `${keyPrefix}list`
  await Promise.all(Array.from({ length: 50 }, (_, n) => redis.rpush(key, n)))
  const again = once(redis, 'ready')
  redis.stream.destroy()
  const late = redis.rpush(key, 50)
  await again
  await late
  await redis.rpush(key, 51)
  expect(await redis.lrange(key, 0, -1)).toEqual(Array.from({ length: 52 }, (_, n) => String(n)))
  redis.disconnect()
})

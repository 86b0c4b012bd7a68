/** Ten thousand clients that connect to a real api and say nothing. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { type Engine, startEngine } from '@flash-sale/local/engine.ts'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from './served-api.ts'

const stores = isolatedStores()
/** The default of `MAX_CONNECTIONS`. */
const connectionsMax = 10_000
/** Of one local address there are 28,000 ports; other tests use some, too. */
const localAddresses = ['127.0.0.21', '127.0.0.22', '127.0.0.23', '127.0.0.24']
/** Both processes need some for themselves. */
const filesNeeded = connectionsMax + 500

const filesMax = async (): Promise<number> => {
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '')
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? 0)
}
const allowed = await filesMax()
const possible = allowed >= filesNeeded
if (!possible)
  process.stderr.write(
    `10,000 idle connections are SKIPPED: a process may open ${allowed} files here, ${filesNeeded} are needed (ulimit -n).\n`,
  )

let engine: Engine
const idle: Socket[] = []
beforeAll(async () => {
  if (possible) engine = await startEngine({ ...stores, workers: 0 })
})
afterAll(async () => {
  for (const socket of idle) socket.destroy()
  await engine?.stop()
})

const told = (socket: Socket, event: 'connect' | 'close'): Promise<unknown> =>
  new Promise((resolve) => socket.once(event, resolve).once('error', resolve))

const open = async (localAddress = '127.0.0.20'): Promise<Socket> => {
  const socket = connect({ port: Number(new URL(engine.url).port), host: '127.0.0.1', localAddress })
  socket.on('error', () => undefined)
  await told(socket, 'connect')
  return socket
}

const openIdle = async (count: number): Promise<void> => {
  for (let opened = 0; opened < count; opened += 500) {
    const wave = Array.from({ length: Math.min(500, count - opened) }, (_, at) =>
      open(localAddresses[at % localAddresses.length]),
    )
    idle.push(...(await Promise.all(wave)))
  }
}

const ask = async (socket: Socket): Promise<string> => {
  socket.write('GET /products HTTP/1.1\r\nhost: x\r\n\r\n')
  return String((await once(socket, 'data'))[0])
}

const residentMb = async (): Promise<number> => {
  const status = await readFile(`/proc/${engine.api.pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1_024
}

test.skipIf(!possible)('leave the api serving, and small', { timeout: 60_000 }, async () => {
  const early = await open()
  expect(await ask(early)).toContain('200 OK')
  const beforeMb = await residentMb()

  // Room for a hundred more, of which a few are taken by who waited for the api to be ready.
  await openIdle(connectionsMax - 100)
  const late = await open()
  expect(await ask(late)).toContain('200 OK')

  let refused = 0
  const { promise: full, resolve } = Promise.withResolvers<void>()
  const tooMany = await Promise.all(Array.from({ length: 200 }, () => open()))
  for (const socket of tooMany) {
    const onClose = (): void => {
      refused += 1
      if (refused === 100) resolve()
    }
    if (socket.closed) onClose()
    else socket.resume().once('close', onClose)
  }
  await full
  for (const socket of [early, late]) expect(await ask(socket)).toContain('200 OK')
  // Measured: about 85 MB.
  expect((await residentMb()) - beforeMb).toBeLessThan(300)

  for (const socket of [...tooMany, ...idle.splice(0, 1_000)]) socket.destroy()
  await eventually(async () => (await fetch(`${engine.url}/products`).catch(() => undefined))?.status === 200)
  early.destroy()
  late.destroy()
})

import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { asOwner } from './drop-privileges.ts'
import type { EmbeddedStoreOptions } from './embedded-postgres.ts'
import { onPort } from './free-port.ts'
import type { RedisBinary } from './redis-binary.ts'
import { storeDirectory, waitUntilUnused } from './store-directory.ts'
import { type Store, startStoreProcess } from './store-process.ts'

const timeouts = { unusedMs: 15_000, readyMs: 60_000, pingMs: 1_000, stopMs: 10_000 }

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`

/** Handed over by stdin: on the command line everybody could read the password. */
const configuration = (port: number, password: string, data: string, durable: boolean): string =>
  [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    `dir ${quoted(data)}`,
    'daemonize no',
    'save ""',
    `appendonly ${durable ? 'yes' : 'no'}`,
    'appendfsync always',
    // A rewrite in the middle of a sale competes with it for the disk; the default begins at 64 MB.
    'auto-aof-rewrite-min-size 512mb',
    'maxmemory-policy noeviction',
    '',
  ].join('\n')

/** Whether it answers a PING: not yet while it reads its append-only file. */
const isReady = (port: number, password: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: timeouts.pingMs })
    let answer = ''
    const end = (ready: boolean) => {
      socket.destroy()
      resolve(ready)
    }
    socket.setEncoding('utf8')
    socket.on('connect', () => socket.write(`AUTH ${password}\r\nPING\r\n`))
    socket.on('data', (chunk) => {
      answer += chunk
      if (answer.split('\r\n').length > 2) end(answer === '+OK\r\n+PONG\r\n')
    })
    socket
      .on('error', () => end(false))
      .on('timeout', () => end(false))
      .on('close', () => end(false))
  })

export interface EmbeddedRedisOptions extends EmbeddedStoreOptions {
  binary: RedisBinary
  /** Default: one made for this run. */
  password?: string | undefined
}

/**
 * Starts a Redis on 127.0.0.1, with a password, empty or with what an earlier start left in `directory`.
 * @throws {StartError} when it does not come up; nothing is left running then.
 */
export const startRedis = async (options: EmbeddedRedisOptions): Promise<Store> => {
  const { directory, durable, binary } = options
  const owner = await storeDirectory(directory)
  const data = join(directory, 'data')
  await mkdir(data, { recursive: true, mode: 0o700 })
  await storeDirectory(data)
  await waitUntilUnused(data, timeouts.unusedMs)
  const password = options.password ?? randomBytes(24).toString('hex')

  return onPort(options.port, async (port) => {
    const started = await startStoreProcess({
      name: 'Redis',
      command: asOwner(owner, 'TERM', { command: binary.path, args: ['-'] }),
      env: binary.libraryPath === undefined ? {} : { LD_LIBRARY_PATH: binary.libraryPath },
      input: configuration(port, password, data, durable),
      logFile: join(directory, 'log'),
      isReady: () => isReady(port, password),
      readyTimeoutMs: timeouts.readyMs,
      stopSignal: 'SIGTERM',
      stopTimeoutMs: timeouts.stopMs,
    })
    return { ...started, port, url: `redis://:${password}@127.0.0.1:${port}` }
  })
}

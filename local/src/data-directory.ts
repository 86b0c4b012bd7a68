import { createHash } from 'node:crypto'
import { chmod, mkdir, realpath, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { StartError } from './start-error.ts'
import { waitUntilUnused } from './store-directory.ts'

/** The data directory, ours alone until `unlock` or the end of this process, however that comes. */
export interface DataDirectory {
  path: string
  unlock(): Promise<void>
}

/** The kernel takes at most 107 bytes; longer paths are hashed. */
const socketName = (path: string): string => {
  const name = `flash-sale:${path}`
  return `\0${name.length <= 100 ? name : `flash-sale:${createHash('sha256').update(path).digest('hex')}`}`
}

/** What the engine that holds the lock says of itself; empty when it does not answer at once. */
const askHolder = (name: string): Promise<string> =>
  new Promise((resolve) => {
    let answer = ''
    const socket = connect({ path: name, timeout: 1_000 })
    const end = () => {
      socket.destroy()
      resolve(answer)
    }
    socket.setEncoding('utf8').on('data', (chunk) => {
      answer += chunk
    })
    socket.on('end', end).on('error', end).on('timeout', end)
  })

const listen = (name: string, answer: string): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.on('error', () => undefined).end(answer))
    server.once('error', reject).listen(name, () => resolve(server.unref()))
  })

/**
 * Makes the data directory (mode 0700) and takes its lock: an abstract socket, which the kernel removes with the
 * process. Told to whoever asks in vain: `holder`, as in `process 17, http://localhost:3000`.
 * @throws {StartError} when another engine runs on it, or it cannot be written.
 */
export const lockDataDirectory = async (directory: string, holder: string): Promise<DataDirectory> => {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await chmod(directory, 0o700)
  } catch (error) {
    throw new StartError(
      `Expected a data directory that we may write to, got ${directory}: ${(error as Error).message}. Set DATA_DIR to another one.`,
    )
  }
  const path = await realpath(directory)
  const name = socketName(path)
  try {
    const server = await listen(name, holder)
    return { path, unlock: () => new Promise((resolve) => server.close(() => resolve())) }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    const who = (await askHolder(name)) || 'another process'
    throw new StartError(
      `An engine already runs on the data in ${path} (${who}). Stop it first, or set DATA_DIR and PORT for a second one.`,
    )
  }
}

/** Removes what the stores have kept in a data directory that is locked by us. The admin credentials stay. */
export const emptyStores = async ({ path }: DataDirectory): Promise<void> => {
  const storeDirectories = ['postgres', 'redis'].map((name) => join(path, name))
  const working = storeDirectories.flatMap((directory) => [
    join(directory, 'cluster'),
    join(directory, 'data'),
  ])
  // Stores of an engine that was killed a moment ago may still be stopping.
  await Promise.all(working.map((directory) => waitUntilUnused(directory, 15_000)))
  await Promise.all(storeDirectories.map((directory) => rm(directory, { recursive: true, force: true })))
}

const engineFile = (path: string): string => join(path, 'engine.json')

/** What a running engine tells of itself in `engine.json`, for tools on the same machine. */
export interface EngineFacts {
  pid: number
  url: string
  databaseUrl: string
  redisUrl: string
}

/** Writes `engine.json`, mode 0600: the stores' URLs hold their passwords. */
export const writeEngineFacts = async (data: DataDirectory, facts: EngineFacts): Promise<void> => {
  await rm(engineFile(data.path), { force: true })
  await writeFile(engineFile(data.path), `${JSON.stringify(facts, null, 2)}\n`, { mode: 0o600 })
}

/** Removes `engine.json`: no engine runs there any more. */
export const removeEngineFacts = (data: DataDirectory): Promise<void> =>
  rm(engineFile(data.path), { force: true })

import { randomBytes } from 'node:crypto'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDirectory, searchPath } from '../config.ts'
import { startPostgres } from '../embedded-postgres.ts'
import { startRedis } from '../embedded-redis.ts'
import { ensureRedisBinary } from '../redis-binary.ts'
import { type ControlledStore, controlStore } from './controlled-store.ts'
import { stablePort } from './stable-port.ts'

export interface ControlledRedis extends ControlledStore {
  /** SIGKILL, and started from an empty directory: everything it had acknowledged is lost. */
  empty(): Promise<void>
  /** Keeps a copy of the append-only file as it is now. */
  copyData(): Promise<void>
  /** SIGKILL, and started from the last copy. @throws without one. */
  putBackData(): Promise<void>
}

/** A Postgres that flushes what it commits, so that it keeps it through a crash. */
export const openPostgres = async (directory: string): Promise<ControlledStore> => {
  const port = await stablePort()
  return controlStore(() => startPostgres({ directory, durable: true, port }))
}

/** A Redis with `appendfsync always`, so that it keeps what it has acknowledged through a crash. */
export const openRedis = async (directory: string): Promise<ControlledRedis> => {
  const port = await stablePort()
  const password = randomBytes(24).toString('hex')
  const onProgress = (line: string): void => void process.stderr.write(`${line}\n`)
  const binary = await ensureRedisBinary({ searchPath: searchPath(), cacheDirectory, onProgress })
  const store = await controlStore(() => startRedis({ directory, durable: true, binary, port, password }))
  const data = join(directory, 'data')
  const copy = join(directory, 'copy')

  const startFrom = async (prepare: () => Promise<void>): Promise<void> => {
    await store.kill()
    await rm(data, { recursive: true, force: true })
    await prepare()
    await store.start()
  }
  return {
    ...store,
    empty: () => startFrom(async () => undefined),
    copyData: async () => {
      await rm(copy, { recursive: true, force: true })
      await cp(data, copy, { recursive: true })
    },
    putBackData: () => startFrom(() => cp(copy, data, { recursive: true })),
  }
}

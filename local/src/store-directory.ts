import { chown, mkdir, readdir, readlink, realpath, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { StartError } from './start-error.ts'

/** The user whom a store's files belong to, and as whom the store runs. */
export interface Owner {
  uid: number
  gid: number
}

/** Debian's `nobody` and `nogroup`: whom stores run as when root starts them, since Postgres refuses root. */
const nobody: Owner = { uid: 65_534, gid: 65_534 }

/**
 * Makes the directory of a store (mode 0700) where it is missing.
 * @returns whom it belongs to: the current user, or, for root, the owner it had before, at first `nobody`.
 * @throws {StartError} when it belongs to someone else and the current user is not root.
 */
export const storeDirectory = async (directory: string): Promise<Owner> => {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const { uid, gid } = await stat(directory)
  const self = process.getuid?.() ?? uid
  if (self === 0 && uid === 0) {
    await chown(directory, nobody.uid, nobody.gid)
    return nobody
  }
  if (self !== 0 && uid !== self) {
    throw new StartError(
      `${directory}: expected a directory of user ${self}, got one of user ${uid}. Start as that user or as root, or set DATA_DIR to another directory.`,
    )
  }
  return { uid, gid }
}

/** Processes that work in `directory`: Postgres and Redis both make their data directory the current one. */
const processesIn = async (directory: string): Promise<number[]> => {
  const target = await realpath(directory).catch(() => undefined)
  if (target === undefined) return []
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const inside = pids.map(async (pid) => {
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '')
    return cwd === target ? [Number(pid)] : []
  })
  return (await Promise.all(inside)).flat()
}

/**
 * Waits until no process works in `directory`: the store of an engine that was killed a moment ago is still stopping.
 * @throws {StartError} naming the process, when one is still there after `timeoutMs`.
 */
export const waitUntilUnused = async (directory: string, timeoutMs: number): Promise<void> => {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const pids = await processesIn(directory)
    if (pids.length === 0) return
    if (Date.now() >= deadline) {
      throw new StartError(
        `${directory} is in use by process ${pids.join(', ')}, which did not end within ${timeoutMs / 1000} s. Stop it, or set DATA_DIR to another directory.`,
      )
    }
    await sleep(50)
  }
}

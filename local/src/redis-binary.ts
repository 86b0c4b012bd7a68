import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fetchDebianPackage } from './debian-package.ts'
import { runCommand } from './run-command.ts'
import { StartError } from './start-error.ts'

/** A Redis server program that runs on this machine. Valkey is a Redis too. */
export interface RedisBinary {
  path: string
  /** LD_LIBRARY_PATH that it needs; undefined: none. */
  libraryPath: string | undefined
  /** As in `7.0.15`. */
  version: string
}

const programs = ['redis-server', 'valkey-server'] as const

/** BullMQ asks for 6.2; older ones miss commands that we use. */
const versionMin = [6, 2] as const

/** The version in what `redis-server --version` prints; undefined when there is none. */
export const parseVersion = (output: string): string | undefined => /\bv=(\d+\.\d+\.\d+)/.exec(output)?.[1]

/** Whether we can use that version. */
export const isRecentEnough = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > versionMin[0] || (major === versionMin[0] && minor >= versionMin[1])
}

const probe = async (path: string, libraryPath?: string): Promise<RedisBinary | undefined> => {
  const env = libraryPath === undefined ? {} : { LD_LIBRARY_PATH: libraryPath }
  const result = await runCommand(path, ['--version'], { timeoutMs: 10_000, env })
  const version = parseVersion(result.output)
  return version !== undefined && isRecentEnough(version) ? { path, libraryPath, version } : undefined
}

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The first program on `searchPath` (as in PATH) that runs and is recent enough. */
export const findRedisBinary = async (searchPath: string): Promise<RedisBinary | undefined> => {
  const directories = searchPath.split(delimiter).filter((directory) => directory !== '')
  const candidates = programs.flatMap((program) => directories.map((directory) => join(directory, program)))
  for (const candidate of candidates.filter(isExecutable)) {
    const binary = await probe(candidate)
    if (binary) return binary
  }
  return undefined
}

/**
 * A Redis server: from `searchPath`, else from `cacheDirectory`, else Debian's package, unpacked there without
 * installing anything on the machine (a second or two, with the package lists a minute at most).
 * @param onProgress gets a line before something takes long.
 * @throws {StartError} saying what to install, when there is none to be had.
 */
export const ensureRedisBinary = async (options: {
  searchPath: string
  cacheDirectory: string
  onProgress: (line: string) => void
}): Promise<RedisBinary> => {
  const installed = await findRedisBinary(options.searchPath)
  if (installed) return installed
  const unpacked = await fetchDebianPackage('redis-server', join(options.cacheDirectory, 'redis'), {
    searchPath: options.searchPath,
    onProgress: options.onProgress,
    isUsable: async ({ root, libraryPath }) =>
      (await probe(join(root, 'usr/bin/redis-server'), libraryPath)) !== undefined,
  })
  const binary = unpacked.ok
    ? await probe(join(unpacked.root, 'usr/bin/redis-server'), unpacked.libraryPath)
    : undefined
  if (binary) return binary
  const why = unpacked.ok
    ? `the one of the Debian package is older than ${versionMin.join('.')}`
    : unpacked.reason
  throw new StartError(
    `Expected redis-server or valkey-server ${versionMin.join('.')} or newer on the PATH, found none, and could not fetch it (${why}). Do: apt-get install redis-server`,
  )
}

import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { glob, mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { dyingWithParent } from './drop-privileges.ts'
import { type CommandResult, runCommand } from './run-command.ts'

/** A package and the libraries that the machine lacks, unpacked below `root`. */
export interface Unpacked {
  root: string
  /** LD_LIBRARY_PATH for its programs. */
  libraryPath: string
}

export interface FetchOptions {
  /** PATH for apt-get and dpkg-deb. */
  searchPath: string
  onProgress: (line: string) => void
  /** Says whether what was unpacked, now or earlier, works. */
  isUsable: (unpacked: Unpacked) => Promise<boolean>
}

export type FetchResult = ({ ok: true } & Unpacked) | { ok: false; reason: string }

const timeouts = { listsMs: 120_000, downloadMs: 120_000, unpackMs: 30_000 }

const describeUnpacked = async (root: string): Promise<Unpacked> => {
  const directories: string[] = []
  for await (const directory of glob(join(root, '{usr/,}lib/*-linux-*'))) directories.push(directory)
  return { root, libraryPath: directories.join(':') }
}

/** apt-get with state of its own in `work`: it needs no root, takes no lock and changes nothing on the machine. */
const aptGet =
  (work: string, ownLists: boolean, searchPath: string) => (args: string[], timeoutMs: number) => {
    const settings = {
      'Debug::NoLocking': '1',
      'Dir::Cache': join(work, 'cache'),
      ...(ownLists ? { 'Dir::State::lists': join(work, 'lists') } : {}),
      // apt would hand the download to its own user, who may not enter this directory.
      'APT::Sandbox::User': '',
      'Acquire::Retries': '2',
    }
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])
    const env = { PATH: searchPath, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' }
    const fetching = dyingWithParent('KILL', {
      command: 'apt-get',
      args: ['-qq', '--yes', ...flags, ...args],
    })
    return runCommand(fetching.command, fetching.args, { timeoutMs, env })
  }

/** Downloads the package with everything it needs that is not installed; with fresh lists where the machine's fail. */
const download = async (name: string, work: string, options: FetchOptions): Promise<CommandResult> => {
  const install = ['--no-install-recommends', '--download-only', 'install', name]
  const first = await aptGet(work, false, options.searchPath)(install, timeouts.downloadMs)
  if (first.ok) return first
  options.onProgress("fetching the lists of Debian's packages (up to a minute)…")
  const apt = aptGet(work, true, options.searchPath)
  const updated = await apt(['update'], timeouts.listsMs)
  return updated.ok ? apt(install, timeouts.downloadMs) : updated
}

const unpack = async (work: string, root: string, searchPath: string): Promise<CommandResult> => {
  let last: CommandResult = { ok: false, output: '', errors: 'apt-get downloaded nothing' }
  for await (const archive of glob(join(work, 'cache/archives/*.deb'))) {
    last = await runCommand('dpkg-deb', ['-x', archive, root], {
      timeoutMs: timeouts.unpackMs,
      env: { PATH: searchPath },
    })
    if (!last.ok) return last
  }
  return last
}

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? ''

const fetchInto = async (
  name: string,
  target: string,
  work: string,
  options: FetchOptions,
): Promise<FetchResult> => {
  const root = join(work, 'root')
  await mkdir(join(work, 'cache/archives/partial'), { recursive: true })
  await mkdir(join(work, 'lists/partial'), { recursive: true })
  await mkdir(root)
  const downloaded = await download(name, work, options)
  if (!downloaded.ok) return { ok: false, reason: firstLine(downloaded.errors) }
  const result = await unpack(work, root, options.searchPath)
  if (!result.ok) return { ok: false, reason: firstLine(result.errors) }
  if (!(await options.isUsable(await describeUnpacked(root)))) {
    return { ok: false, reason: `Debian's package ${name} does not run here` }
  }
  // Another process may have done the same meanwhile: either result will do.
  await rename(root, target).catch(() => undefined)
  return { ok: true, ...(await describeUnpacked(target)) }
}

/**
 * Makes sure that `target` holds Debian's package `name`, unpacked, not installed. Safe to be called by several
 * processes at once. Never throws for want of apt, network or rights: the result says why.
 */
export const fetchDebianPackage = async (
  name: string,
  target: string,
  options: FetchOptions,
): Promise<FetchResult> => {
  if (existsSync(target)) {
    const unpacked = await describeUnpacked(target)
    if (await options.isUsable(unpacked)) return { ok: true, ...unpacked }
  }
  options.onProgress(`fetching Debian's package ${name} (once, a few MB)…`)
  const work = join(dirname(target), `fetch-${randomBytes(6).toString('hex')}`)
  try {
    await rm(target, { recursive: true, force: true })
    return await fetchInto(name, target, work, options)
  } catch (error) {
    return { ok: false, reason: (error as Error).message }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

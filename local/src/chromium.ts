import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { runCommand } from './run-command.ts'

/** A Chromium that runs on this machine, or why there is none. */
export type FoundChromium = { ok: true; path: string; version: string } | { ok: false; reason: string }

export interface ChromiumOptions {
  /** As in PATH. */
  searchPath: string
  /** A program that is to be taken instead of any on the path; undefined: none. */
  given: string | undefined
}

const programs = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'] as const

const timeouts = { versionMs: 20_000, listsMs: 60_000, installMs: 150_000, lockS: 120 }
const whatToDo = 'Do: apt-get install chromium, or name one in CHROMIUM_PATH'

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The version in what `chromium --version` prints; undefined when there is none. */
export const parseChromiumVersion = (output: string): string | undefined =>
  /\bChrom(?:ium|e) (\d+(?:\.\d+){1,3})/.exec(output)?.[1]

const probe = async (path: string, searchPath: string): Promise<FoundChromium> => {
  // Debian's `chromium` is a script that calls others.
  const env = { PATH: `${searchPath}${delimiter}/usr/bin${delimiter}/bin` }
  const { output, errors } = await runCommand(path, ['--version'], { timeoutMs: timeouts.versionMs, env })
  const version = parseChromiumVersion(output)
  if (version !== undefined) return { ok: true, path, version }
  return { ok: false, reason: `${path} does not run: ${(errors || output).trim().split('\n')[0] ?? ''}` }
}

/** The Chromium that is there already. */
export const findChromium = async ({ searchPath, given }: ChromiumOptions): Promise<FoundChromium> => {
  if (given !== undefined) return probe(given, searchPath)
  const directories = searchPath.split(delimiter).filter((directory) => directory !== '')
  const candidates = directories.flatMap((directory) => programs.map((program) => join(directory, program)))
  const faults: string[] = []
  for (const candidate of new Set(candidates.filter(isExecutable))) {
    const found = await probe(candidate, searchPath)
    if (found.ok) return found
    faults.push(found.reason)
  }
  return { ok: false, reason: faults[0] ?? `there is no ${programs[0]} on the PATH` }
}

/**
 * apt-get, one process at a time: whoever comes second waits, and finds that all has been done. It does not end with this
 * process: half an installation is worse than one that nobody waits for.
 * @returns what went wrong; empty: nothing.
 */
const aptGet = async (searchPath: string, args: readonly string[], timeoutMs: number): Promise<string> => {
  const settings = ['-qq', '--yes', '-o', 'Acquire::Retries=2', '-o', `DPkg::Lock::Timeout=${timeouts.lockS}`]
  const env = { PATH: searchPath, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' }
  const { ok, errors } = await runCommand('apt-get', [...settings, ...args], { timeoutMs, env })
  return ok ? '' : (errors.trim().split('\n').at(-1) ?? 'apt-get failed')
}

/** Debian's package, without what it recommends. @returns what went wrong; empty: nothing. */
const install = async (searchPath: string, onProgress: (line: string) => void): Promise<string> => {
  const installing = ['install', '--no-install-recommends', 'chromium']
  onProgress("installing Debian's chromium for the browser tests (once, about 100 MB, half a minute)…")
  // A machine that has lists needs no new ones, unless they are too old to be true.
  if ((await aptGet(searchPath, installing, timeouts.installMs)) === '') return ''
  onProgress("fetching the lists of Debian's packages first…")
  return (
    (await aptGet(searchPath, ['update'], timeouts.listsMs)) ||
    (await aptGet(searchPath, installing, timeouts.installMs))
  )
}

/**
 * A Chromium for browser tests: the one that was named, else one on the path, else, where `mayInstall`, Debian's package,
 * installed with apt-get (measured: 25 s on 2 cores with a fast mirror; at most six minutes).
 * Never throws: where none is to be had, the result says why and what to do.
 * @param onProgress gets a line before something takes long.
 */
export const ensureChromium = async (
  options: ChromiumOptions & { onProgress: (line: string) => void; mayInstall: boolean },
): Promise<FoundChromium> => {
  const found = await findChromium(options)
  if (found.ok) return found
  if (options.given !== undefined) return { ok: false, reason: `${found.reason}. ${whatToDo}` }
  if (!options.mayInstall)
    return { ok: false, reason: `${found.reason}, and it may not be installed from here. ${whatToDo}` }
  const fault = await install(options.searchPath, options.onProgress)
  if (fault !== '')
    return { ok: false, reason: `${found.reason}, and installing it failed (${fault}). ${whatToDo}` }
  return findChromium(options)
}

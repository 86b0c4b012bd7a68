/** What processes cost, from Linux' /proc. Elsewhere nothing is known, and nothing is claimed. */
import { readdir, readFile } from 'node:fs/promises'

/** USER_HZ: what the kernel counts CPU time in towards user space, on every Linux that Node runs on. */
const ticksPerS = 100

const read = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').then(
    (text) => text,
    () => undefined,
  )

/** The fields of /proc/PID/stat behind the command's name, which may hold blanks and brackets. */
const statOf = async (pid: number): Promise<string[] | undefined> => {
  const text = await read(`/proc/${pid}/stat`)
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** A process and everything below it. */
const treeOf = async (root: number): Promise<number[]> => {
  const names = await readdir('/proc').catch(() => [])
  const parents = new Map<number, number>()
  for (const pid of names.filter((name) => /^\d+$/.test(name)).map(Number)) {
    const parent = (await statOf(pid))?.[1]
    if (parent !== undefined) parents.set(pid, Number(parent))
  }
  const below = (pid: number): number[] =>
    [...parents].filter(([, parent]) => parent === pid).flatMap(([child]) => [child, ...below(child)])
  return [root, ...below(root)]
}

/**
 * CPU time of a process tree so far, user and system, ms; of its ended children too, as far as their parent has
 * waited for them.
 */
export const cpuMsOf = async (root: number | undefined): Promise<number> => {
  if (root === undefined) return 0
  let ticks = 0
  for (const pid of await treeOf(root)) {
    const stat = await statOf(pid)
    // utime, stime, cutime, cstime: the fields 14 to 17 of proc_pid_stat(5).
    for (const field of stat?.slice(11, 15) ?? []) ticks += Number(field)
  }
  return (ticks * 1000) / ticksPerS
}

/** Memory of a process tree, MB: resident, where pages that several share are counted once in all (Pss). */
export const memoryMbOf = async (root: number | undefined): Promise<number> => {
  if (root === undefined) return 0
  let kilobytes = 0
  for (const pid of await treeOf(root)) {
    const rollup = await read(`/proc/${pid}/smaps_rollup`)
    const status = await read(`/proc/${pid}/status`)
    const found = /^Pss:\s+(\d+) kB/m.exec(rollup ?? '') ?? /^VmRSS:\s+(\d+) kB/m.exec(status ?? '')
    kilobytes += Number(found?.[1] ?? 0)
  }
  return kilobytes / 1024
}

/** Resident set of one process, MB, as `ps` shows it. */
export const rssMbOf = async (pid: number): Promise<number> => {
  const status = await read(`/proc/${pid}/status`)
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status ?? '')?.[1] ?? 0) / 1024
}

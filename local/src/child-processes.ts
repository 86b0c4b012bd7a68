import { readdir, readFile } from 'node:fs/promises'

/** A process that runs (not one that has ended and only waits to be noticed). */
export interface RunningProcess {
  pid: number
  parentPid: number
  command: string
}

const read = async (pid: string): Promise<RunningProcess | undefined> => {
  const [stat, cmdline] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''),
    readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
  ])
  // The name of the program stands in parentheses and may hold anything, even a closing one.
  const [state, parentPid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (state === undefined || state === '' || state === 'Z' || state === 'X') return undefined
  return { pid: Number(pid), parentPid: Number(parentPid), command: cmdline.replaceAll('\0', ' ').trim() }
}

/** Every running process of the machine, as far as /proc shows them. */
export const runningProcesses = async (): Promise<RunningProcess[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  return (await Promise.all(pids.map(read))).filter((found) => found !== undefined)
}

/** The running processes that `pid` has started itself. */
export const childrenOf = async (pid: number): Promise<RunningProcess[]> =>
  (await runningProcesses()).filter((running) => running.parentPid === pid)

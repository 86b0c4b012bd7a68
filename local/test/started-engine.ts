/** Runs the real `start.ts` as a process, as `npm start` does, and watches what it says and whom it starts. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type RunningProcess, runningProcesses } from '../src/child-processes.ts'
import { bareEnvironment, projectRoot, typescriptLoader } from '../src/config.ts'

const script = join(projectRoot, 'local/src/start.ts')
const patienceMs = 60_000

export interface StartOptions {
  environment: NodeJS.ProcessEnv
  flags?: string[]
  /** Puts another process between us and it, as npm is. */
  underParent?: boolean
}

/** Starts a child that outlives none of its own: the parent of the engine, whose pid it prints. */
const parentScript = `
  const { spawn } = require('node:child_process')
  spawn(process.execPath, process.argv.slice(1), { stdio: 'inherit' })`

export const startEngineProcess = ({ environment, flags = [], underParent = false }: StartOptions) => {
  const command = ['--import', typescriptLoader, script, ...flags]
  const child = spawn(process.execPath, underParent ? ['-e', parentScript, '--', ...command] : command, {
    cwd: projectRoot,
    env: { ...bareEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      said += chunk
      child.emit('said')
    })
  }
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, said }))

  return {
    pid: child.pid ?? 0,
    /** Resolves when it and whoever holds its output are gone. */
    ended,
    /** Resolves when it has written `text`. @throws when it has not within a minute. */
    saying: async (text: string): Promise<string> => {
      const signal = AbortSignal.timeout(patienceMs)
      while (!said.includes(text)) {
        const how = await Promise.race([once(child, 'said', { signal }), ended])
        if (!Array.isArray(how) && !said.includes(text))
          throw new Error(`it ended without saying "${text}":\n${said}`)
      }
      return said
    },
    kill: (signal: NodeJS.Signals): boolean => child.kill(signal),
  }
}

export type StartedEngine = ReturnType<typeof startEngineProcess>

/** The process and everything that it and its children have started. */
export const treeOf = async (pid: number): Promise<RunningProcess[]> => {
  const all = await runningProcesses()
  const below = (parent: number): RunningProcess[] =>
    all.filter((found) => found.parentPid === parent).flatMap((found) => [found, ...below(found.pid)])
  return [...all.filter((found) => found.pid === pid), ...below(pid)]
}

/** Waits until none of these processes is left. @returns those that are, after half a minute: orphans. */
export const survivorsOf = async (tree: readonly RunningProcess[]): Promise<RunningProcess[]> => {
  const deadline = Date.now() + 30_000
  for (;;) {
    const running = await runningProcesses()
    const survivors = tree.filter((one) => running.some((other) => other.pid === one.pid))
    if (survivors.length === 0 || Date.now() >= deadline) return survivors
    await sleep(50)
  }
}

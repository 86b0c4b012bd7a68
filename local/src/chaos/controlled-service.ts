import { readFile, stat } from 'node:fs/promises'
import { type Service, startService } from '../service.ts'
import type { Link } from './link.ts'

/** A process of the engine, with a link of its own to each store. */
export interface ControlledService {
  readonly name: string
  readonly links: { readonly postgres: Link; readonly redis: Link }
  pid(): number
  isRunning(): boolean
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
  /** SIGSTOP: its event loop and its timers stand still. */
  pause(): void
  resume(): void
  /** SIGTERM, and SIGKILL after `deadlineMs`. @returns how it ended, as in `exit code 0`. */
  terminate(deadlineMs: number): Promise<{ how: string; tookMs: number }>
  /** Starts it when it does not run; resolves when it says that it serves. */
  start(): Promise<void>
  /** Links restored, not paused, running. */
  heal(): Promise<void>
  /** Begins a new round: `logged` and `fell` speak of what comes from now on. */
  mark(): Promise<void>
  /** Lines of its log since the mark that hold this text. */
  logged(text: string): Promise<string[]>
  log(): Promise<string>
  /** How it ended since the mark without being told to; undefined: it did not. */
  fell(): string | undefined
  close(): Promise<void>
}

export interface ControlledServiceOptions {
  name: string
  entry: string
  links: { postgres: Link; redis: Link }
  environment: NodeJS.ProcessEnv
  workingDirectory: string
  logFile: string
}

const timeouts = { readyMs: 60_000, stopMs: 12_000 }

/** Starts the process; its log is added to `logFile`. */
export const controlService = async (options: ControlledServiceOptions): Promise<ControlledService> => {
  const { name, links, logFile } = options
  let running = false
  let told = false
  let fell: string | undefined
  let logFrom = 0

  const launch = async (): Promise<Service> => {
    const started = await startService({
      name,
      entry: options.entry,
      environment: options.environment,
      workingDirectory: options.workingDirectory,
      log: { file: logFile },
      watch: false,
      readyTimeoutMs: timeouts.readyMs,
    })
    running = true
    told = false
    void started.exited.then((how) => {
      running = false
      if (!told) fell = how
    })
    return started
  }
  let service = await launch()

  const signal = (name: NodeJS.Signals): void => {
    if (running) service.kill(name)
  }
  const start = async (): Promise<void> => {
    if (!running) service = await launch()
  }
  const log = async (): Promise<string> => (await readFile(logFile)).subarray(logFrom).toString('utf8')

  return {
    name,
    links,
    pid: () => service.pid,
    isRunning: () => running,
    kill: async () => {
      told = true
      signal('SIGKILL')
      await service.exited
    },
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    terminate: async (deadlineMs) => {
      told = true
      const startedAt = performance.now()
      await service.stop(deadlineMs)
      return { how: await service.exited, tookMs: Math.round(performance.now() - startedAt) }
    },
    start,
    heal: async () => {
      await Promise.all([links.postgres.restore(), links.redis.restore()])
      signal('SIGCONT')
      await start()
    },
    mark: async () => {
      fell = undefined
      logFrom = (await stat(logFile)).size
    },
    logged: async (text) => (await log()).split('\n').filter((line) => line.includes(text)),
    log,
    fell: () => fell,
    close: async () => {
      told = true
      signal('SIGCONT')
      await service.stop(timeouts.stopMs)
      await Promise.all([links.postgres.close(), links.redis.close()])
    },
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { projectRoot, typescriptLoader } from './config.ts'
import { dyingWithParent } from './drop-privileges.ts'
import { StartError } from './start-error.ts'
import { describeExit } from './store-process.ts'

/** A process of the engine: the api or a worker. */
export interface Service {
  name: string
  pid: number
  /** Resolves when the process is gone, with how it ended, as in `signal SIGKILL`. */
  exited: Promise<string>
  /** SIGTERM, after `timeoutMs` SIGKILL; resolves when the process is gone. */
  stop(timeoutMs: number): Promise<void>
  kill(signal: NodeJS.Signals): void
  /** The end of what it wrote so far, where that is captured; else empty. */
  output(): string
}

export interface ServiceOptions {
  /** As in `worker-1`. */
  name: string
  /** Path within the project, as in `worker/src/main.ts`. */
  entry: string
  /** The whole environment of the process. */
  environment: NodeJS.ProcessEnv
  workingDirectory: string
  /** `inherit`: its log is shown. `capture`: it is kept for `output()`. A file: it is added to that. */
  log: 'inherit' | 'capture' | { file: string }
  /** Starts it again whenever one of its files changes; it then never ends by itself. */
  watch: boolean
  readyTimeoutMs: number
  /** Ends a start that nobody wants any more. */
  signal?: AbortSignal | undefined
}

const capturedMax = 64 * 1024
/**
 * For Node, unless NODE_OPTIONS says otherwise; also in package.json and the Dockerfile. By itself V8 lets a process that
 * makes much garbage and keeps little grow to twice its size before it collects: figures in docs/performance.md.
 */
const memoryOptions = '--max-semi-space-size=16 --max-old-space-size=512'
const stopTimeoutMs = 10_000
const supervised = new URL('./supervised.ts', import.meta.url).href

const capture = (child: ChildProcess): (() => string) => {
  let captured = ''
  const keep = (chunk: string) => {
    captured = (captured + chunk).slice(-capturedMax)
  }
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', keep)
  return () => captured
}

/** Resolves when the signal is aborted; never without one. */
const aborted = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) resolve()
    signal?.addEventListener('abort', () => resolve(), { once: true })
  })

const isReadyMessage = (message: unknown): boolean =>
  typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready'

/** Resolves at the child's `{ type: 'ready' }`. */
const reportsReady = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    const listen = (message: unknown) => {
      if (!isReadyMessage(message)) return
      child.off('message', listen)
      resolve()
    }
    child.on('message', listen)
  })

/**
 * Starts a process of the engine and waits until it says over IPC that it serves. It runs in a session of its own, so
 * that Ctrl-C reaches only the supervisor, and closes itself when the supervisor is gone.
 * @throws {StartError} when it ends or is not ready in time; it is gone then.
 */
export const startService = async (options: ServiceOptions): Promise<Service> => {
  const { name, log, readyTimeoutMs } = options
  const file = typeof log === 'object' ? openSync(log.file, 'a', 0o600) : undefined
  const output = file ?? (log === 'inherit' ? 'inherit' : 'pipe')
  const run = ['--import', typescriptLoader, '--import', supervised, join(projectRoot, options.entry)]
  const { command, args } = options.watch
    ? // The process that watches has no code of ours that would notice the end of the supervisor.
      dyingWithParent('TERM', {
        command: process.execPath,
        args: ['--watch', '--watch-preserve-output', ...run],
      })
    : { command: process.execPath, args: run }
  const child = spawn(command, args, {
    cwd: options.workingDirectory,
    env: { NODE_OPTIONS: memoryOptions, ...options.environment },
    detached: true,
    stdio: ['ignore', output, output, 'ipc'],
  })
  if (file !== undefined) closeSync(file)
  const ready = reportsReady(child)
  const read = capture(child)
  const exited = once(child, 'exit').then(
    ([code, signal]) => describeExit(code, signal),
    (error: Error) => error.message,
  )
  const stop = async (timeoutMs: number): Promise<void> => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    await exited
    clearTimeout(timer)
  }

  const abandoned = new AbortController()
  const late = sleep(readyTimeoutMs, undefined, { signal: abandoned.signal })
  const failure = await Promise.race([
    ready.then(() => undefined),
    exited.then((how) => `ended with ${how} before it was ready`),
    late.then(() => `was not ready within ${readyTimeoutMs / 1000} s`),
    aborted(options.signal).then(() => 'was told to stop before it was ready'),
  ])
  late.catch(() => undefined)
  abandoned.abort()
  if (failure !== undefined) {
    await stop(stopTimeoutMs)
    throw new StartError([`${name} ${failure}.`, read().trimEnd()].filter(Boolean).join('\n'))
  }
  return {
    name,
    pid: child.pid ?? 0,
    exited,
    stop,
    kill: (signal) => void child.kill(signal),
    output: read,
  }
}

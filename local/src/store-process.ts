import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from './drop-privileges.ts'
import { StartError } from './start-error.ts'

/** An embedded store that runs. */
export interface Store {
  /** With the password. */
  url: string
  port: number
  pid: number
  /** Resolves when the process is gone, for whatever reason, with how it ended, as in `exit code 1`. */
  exited: Promise<string>
  /** Ends it: gracefully, after a deadline by SIGKILL. Resolves when it is gone. */
  stop(): Promise<void>
}

/** What `startStoreProcess` needs to know of a store. */
export interface StoreProcessOptions {
  /** As in messages: `Postgres`. */
  name: string
  command: Command
  env?: NodeJS.ProcessEnv
  /** Written to its stdin. */
  input?: string
  /** Takes stdout and stderr; emptied first. */
  logFile: string
  isReady: (pid: number) => Promise<boolean>
  readyTimeoutMs: number
  stopSignal: 'SIGINT' | 'SIGTERM'
  stopTimeoutMs: number
}

/** How a child process ended, in words. */
export const describeExit = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal === null ? `exit code ${code}` : `signal ${signal}`

const logTail = async (logFile: string, lineCount: number): Promise<string> => {
  const log = await readFile(logFile, 'utf8').catch(() => '')
  const lines = log.trimEnd().split('\n').slice(-lineCount)
  return lines.map((line) => `  ${line}`).join('\n')
}

const stopper =
  (child: ChildProcess, exited: Promise<string>, signal: NodeJS.Signals, timeoutMs: number) => async () => {
    child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    await exited
    clearTimeout(timer)
  }

/**
 * Spawns a store in a session of its own, so that Ctrl-C does not reach it, and waits until it is ready.
 * @throws {StartError} with the last lines of its log, when it ends or is not ready in time. It is gone then.
 */
export const startStoreProcess = async (
  options: StoreProcessOptions,
): Promise<Omit<Store, 'url' | 'port'>> => {
  const { name, command, logFile } = options
  const log = openSync(logFile, 'w', 0o600)
  const child = spawn(command.command, command.args, {
    detached: true,
    stdio: ['pipe', log, log],
    ...(options.env ? { env: options.env } : {}),
  })
  closeSync(log)
  child.stdin?.on('error', () => undefined).end(options.input ?? '')
  const exited = once(child, 'exit').then(
    ([code, signal]) => describeExit(code, signal),
    (error: Error) => error.message,
  )
  const stop = stopper(child, exited, options.stopSignal, options.stopTimeoutMs)
  const pid = child.pid
  if (pid === undefined) {
    throw new StartError(
      `${name} could not be started: ${await exited}. Expected setpriv (Debian's util-linux) on the PATH.`,
    )
  }

  let end: string | undefined
  void exited.then((how) => {
    end = how
  })
  const deadline = Date.now() + options.readyTimeoutMs
  while (!(await options.isReady(pid))) {
    const late = Date.now() >= deadline
    if (end === undefined && !late) {
      await sleep(20)
      continue
    }
    const how =
      end === undefined ? `was not ready within ${options.readyTimeoutMs / 1000} s` : `ended with ${end}`
    await stop()
    throw new StartError(
      `${name} did not start: it ${how}. The end of its log, ${logFile}:\n${await logTail(logFile, 12)}`,
    )
  }
  return { pid, exited, stop }
}

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { readAdminFile } from './admin-token.ts'
import { type Config, repositoryRoot } from './config.ts'
import { CouldNotRun } from './could-not-run.ts'
import { probe } from './probe.ts'

export interface OwnEngine {
  origin: string
  adminToken: string
}

const readyTimeoutMs = 90_000
const recheckMs = 100
const stopTimeoutMs = 15_000
const logLinesShown = 15

async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new CouldNotRun('no free port')
  return address.port
}

/** On Linux the kernel stops the engine even when the load test is killed outright. */
const startCommand = (): [command: string, args: string[]] => {
  const node = [process.execPath, '--import', 'tsx', 'local/src/start.ts']
  const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find(
    (path) => process.platform === 'linux' && existsSync(path),
  )
  const [command = process.execPath, ...args] =
    setpriv === undefined ? node : [setpriv, '--pdeathsig', 'TERM', ...node]
  return [command, args]
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

const signalGroup = (child: ChildProcess, signal: NodeJS.Signals): void => {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal)
  } catch {
    // Already gone, which is what is wanted.
  }
}

/** Asks the engine to stop, and after 15 s makes it. */
async function stop(child: ChildProcess): Promise<void> {
  if (hasEnded(child) || child.pid === undefined) return
  const ended = once(child, 'exit')
  // Only the supervisor is asked: it stops its processes in their order.
  child.kill('SIGTERM')
  const kill = setTimeout(() => signalGroup(child, 'SIGKILL'), stopTimeoutMs)
  await ended
  clearTimeout(kill)
}

async function waitUntilReady(child: ChildProcess, origin: string, logFile: string): Promise<void> {
  const startedAtMs = performance.now()
  let spawnFault: string | undefined
  child.once('error', ({ message }) => {
    spawnFault = message
  })
  while (performance.now() - startedAtMs < readyTimeoutMs) {
    if (hasEnded(child) || spawnFault !== undefined)
      throw new CouldNotRun(
        `the engine could not be started${spawnFault ? ` (${spawnFault})` : ''}`,
        await endOf(logFile),
      )
    if ((await probe(origin)).kind === 'engine') return
    await wait(recheckMs)
  }
  throw new CouldNotRun(`the engine was not ready within ${readyTimeoutMs / 1000} s`, await endOf(logFile))
}

const endOf = async (logFile: string): Promise<string> => {
  const lines = (await readFile(logFile, 'utf8').catch(() => '(no log)')).trimEnd().split('\n')
  return `its last words:\n${lines.slice(-logLinesShown).join('\n')}`
}

/**
 * Starts an engine of our own on a free port with its data in a temporary directory, and waits until it is
 * ready, for 90 s at most. `closers` gets what stops it and removes its data, also when this throws.
 */
export async function startOwnEngine(config: Config, closers: AsyncDisposableStack): Promise<OwnEngine> {
  const directory = await mkdtemp(join(tmpdir(), 'flash-sale-loadtest-'))
  closers.defer(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }))
  const dataDir = join(directory, 'data')
  const logFile = join(directory, 'engine.log')
  const port = await freePort()
  const log = await open(logFile, 'w')
  const [command, args] = startCommand()
  // After Ctrl-C nobody would be left to stop it.
  if (closers.disposed) throw new CouldNotRun('interrupted')
  const child = spawn(command, args, {
    cwd: repositoryRoot,
    // Its own process group: Ctrl-C reaches the load test alone, which then stops the engine in order.
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    env: {
      ...config.environment,
      PORT: String(port),
      DATA_DIR: dataDir,
      WORKERS: '2',
      // Empty means embedded: a crowd is not let loose on stores that are somebody's.
      DATABASE_URL: '',
      REDIS_URL: '',
      DEMO_STRATEGIES: 'true',
      // The crowd comes from one address and says itself who it is.
      AUTH_MODE: 'none',
      RATE_LIMIT_PER_IP: 'off',
      RATE_LIMIT_PER_CUSTOMER: 'off',
      RATE_LIMIT_READS_PER_IP: 'off',
    },
  })
  closers.defer(() => stop(child))
  await log.close()

  const origin = `http://localhost:${port}`
  await waitUntilReady(child, origin, logFile)
  const adminToken = await readAdminFile(dataDir)
  if (adminToken === undefined) throw new CouldNotRun(`the engine left no admin token in ${dataDir}`)
  return { origin, adminToken }
}

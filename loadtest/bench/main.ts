/** `npm run bench`: the engine beside other ways to sell a product, on this machine. */
import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { projectRoot } from '../../local/src/config.ts'
import { StartError } from '../../local/src/start-error.ts'
import { describeMachine } from './machine.ts'
import { type BenchOptions, readOptions, UsageError, usage } from './options.ts'
import { planOf } from './plan.ts'
import { type Run, runPlan } from './run-plan.ts'
import { fullSizes, quickSizes } from './sizes.ts'
import { stopProcesses } from './stop-processes.ts'
import { openStores } from './stores.ts'
import { writeResults } from './write-results.ts'

const exitCodes = { measured: 0, failed: 1, badUsage: 2, interrupted: 130 } as const

const { stdout, stderr } = process
const say = (line: string): void => void stderr.write(`${line}\n`)

const readCommandLine = (): BenchOptions => {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    say(`bench: ${error.message}\n  see npm run bench -- --help`)
    process.exit(exitCodes.badUsage)
  }
}

/** Resolves at the first Ctrl-C or SIGTERM; later ones change nothing, what is being stopped has its deadlines. */
const interruption = (): { happened: Promise<void>; signal: AbortSignal } => {
  const asked = new AbortController()
  const happened = new Promise<void>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(name, () => {
        if (asked.signal.aborted) return
        asked.abort()
        say('\nInterrupted, stopping what runs …')
        resolve()
      })
  })
  return { happened, signal: asked.signal }
}

/** @returns the exit code. @throws when the stores do not come up or the results cannot be written. */
const bench = async (options: BenchOptions): Promise<number> => {
  const { rounds, quick, measures } = options
  const directory = resolve(projectRoot, options.directory)
  // Known before half an hour of work, and not after it.
  await mkdir(directory, { recursive: true })
  const { happened, signal } = interruption()
  const sizes = quick ? quickSizes : fullSizes
  const stores = await openStores(options.stores, say)
  try {
    if (stores.volatileRedisUrl === undefined && measures.includes('aof'))
      say('aof is left out: it needs a second Redis, without an append-only file, and the Redis was given')
    const machine = await describeMachine(stores)
    const steps = planOf(measures, sizes, { volatileRedis: stores.volatileRedisUrl !== undefined })
    const run: Run = { samples: [], failures: [] }
    const finished = runPlan(run, { steps, rounds, stores, signal, say })
    await Promise.race([finished, happened])
    if (signal.aborted) {
      const { postgres, redis, volatileRedis } = stores.pids
      await stopProcesses([postgres, redis, volatileRedis])
    }
    const interrupted = signal.aborted
    const text = await writeResults(directory, { machine, run, sizes, rounds, quick, interrupted })
    stdout.write(`\n${text}`)
    say(`\nWritten to ${directory}: results.json, bars.md, plot.svg, index.html`)
    if (interrupted) return exitCodes.interrupted
    return run.failures.length > 0 ? exitCodes.failed : exitCodes.measured
  } finally {
    await stores.stop()
  }
}

const options = readCommandLine()
if (options.help) {
  stdout.write(usage)
  process.exit(exitCodes.measured)
}
const exitCode = await bench(options).catch((error: unknown) => {
  const known = error instanceof StartError
  say(`bench: ${error instanceof Error ? (known ? error.message : error.stack) : String(error)}`)
  return exitCodes.failed
})
process.exit(exitCode)

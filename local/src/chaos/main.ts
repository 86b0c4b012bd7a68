/** `npm run chaos`: breaks a real engine again and again, and checks after every round what it has promised. */
import { writeFile } from 'node:fs/promises'
import { runCampaign } from './campaign.ts'
import { faults } from './faults/registry.ts'
import { type ChaosOptions, readOptions, usage } from './options.ts'
import { listLines, roundLines, summaryLines } from './report.ts'

const say = (...lines: string[]): void => void process.stdout.write(lines.map((line) => `${line}\n`).join(''))
const complain = (error: unknown, more = ''): void =>
  void process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${more}`)

const readCommandLine = (): ChaosOptions => {
  try {
    return readOptions(process.argv.slice(2), faults)
  } catch (error) {
    complain(error, `\n${usage}`)
    process.exit(2)
  }
}

/** @returns the exit code. */
const run = async (options: ChaosOptions): Promise<number> => {
  const asked = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (asked.signal.aborted) process.exit(1)
      say('Stopping after the rounds that have begun; once more to stop at once.')
      asked.abort()
    })
  say(
    `Chaos with seed ${options.seed}: ${options.rounds} rounds, ${options.faults.length} faults to draw from`,
  )
  const startedAt = performance.now()
  const results = await runCampaign({
    ...options,
    onRound: (result) => say(...roundLines(result)),
    signal: asked.signal,
  })
  const tookMs = performance.now() - startedAt
  if (results.length === 0) return 1
  say(...summaryLines(results, tookMs))
  if (options.json !== undefined) {
    const { seed, rounds } = options
    await writeFile(
      options.json,
      `${JSON.stringify({ seed, rounds, tookMs: Math.round(tookMs), results }, null, 2)}\n`,
    )
  }
  return results.some(({ violations }) => violations.length > 0) ? 3 : 0
}

const options = readCommandLine()
if (options.help || options.list) {
  say(...(options.help ? [usage.trimEnd()] : listLines(options.faults)))
  process.exit(0)
}
const exitCode = await run(options).catch((error) => {
  complain(error)
  return 1
})
process.exit(exitCode)

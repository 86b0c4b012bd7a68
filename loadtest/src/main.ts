import { type Config, readConfig } from './config.ts'
import { CouldNotRun } from './could-not-run.ts'
import { type ExitCode, exitCodes } from './exit-code.ts'
import { help } from './help.ts'
import { runLoadTest } from './loadtest.ts'
import { type Options, parseOptions } from './options.ts'
import { type Outputs, openOutputs } from './outputs.ts'
import { paintFor } from './paint.ts'
import { showProgress } from './progress.ts'
import { findTarget } from './target.ts'
import type { Tally } from './workload.ts'

const { stdout, stderr } = process

/** One line that says what is wrong, one that says what to do. */
const complain = (message: string, hint: string | undefined): void => {
  stderr.write(`loadtest: ${message}\n${hint === undefined ? '' : `  ${hint}\n`}`)
}

async function execute(
  options: Options,
  config: Config,
  outputs: Outputs,
  closers: AsyncDisposableStack,
): Promise<ExitCode> {
  const paint = paintFor(stdout.isTTY === true && config.colorAllowed)
  const target = await findTarget(options, config, closers, (line) => stderr.write(`${line}\n`))
  stderr.write(`Load test against ${target.origin}\n`)
  const watch = (label: string) => (tally: Tally) => {
    const stop = showProgress(stderr, tally, label)
    // Ctrl-C ends it as well.
    closers.defer(stop)
    return stop
  }
  const { runs, text, exitCode } = await runLoadTest(options, target, paint, watch)
  stdout.write(`\n${text}`)
  await outputs.write({ date: new Date().toISOString(), options, target, runs, exitCode })
  return exitCode
}

async function main(args: string[], closers: AsyncDisposableStack): Promise<ExitCode> {
  const parsed = parseOptions(args)
  if (parsed.kind === 'help') {
    stdout.write(help)
    return exitCodes.exact
  }
  if (parsed.kind === 'bad-usage') {
    complain(parsed.message, parsed.hint)
    return exitCodes.badUsage
  }
  const { options } = parsed
  const opened = await openOutputs(options, closers)
  if (!opened.ok) {
    complain(opened.message, undefined)
    return exitCodes.badUsage
  }
  return await execute(options, readConfig(), opened.outputs, closers)
}

/** Reports what stopped the load test; anything but CouldNotRun is a defect of ours and shows its stack. */
function report(error: unknown): ExitCode {
  // What fails while everything is being closed is a consequence, not news.
  if (closers.disposed) return exitCodes.couldNotRun
  if (error instanceof CouldNotRun) complain(error.message, error.hint)
  else complain(error instanceof Error ? (error.stack ?? error.message) : String(error), undefined)
  return exitCodes.couldNotRun
}

const closers = new AsyncDisposableStack()
// 128 + the number of the signal, as shells have it.
const interrupted = new Promise<number>((resolve) => {
  process.once('SIGINT', () => resolve(130))
  process.once('SIGTERM', () => resolve(143))
})
const code = await Promise.race([main(process.argv.slice(2), closers).catch(report), interrupted])
// A second Ctrl-C must not leave the engine behind: stopping it takes 15 s at most.
const ignore = (): void => undefined
process.on('SIGINT', ignore).on('SIGTERM', ignore)
if (code === 130 || code === 143) stderr.write('\nInterrupted, cleaning up …\n')
await closers.disposeAsync()
process.exit(code)

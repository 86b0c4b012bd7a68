import { createAdmin } from './admin.ts'
import { createClient } from './client.ts'
import { compareRuns, renderComparison } from './compare.ts'
import { CouldNotRun } from './could-not-run.ts'
import { type ExitCode, exitCodes } from './exit-code.ts'
import type { Options } from './options.ts'
import type { Paint } from './paint.ts'
import { renderReport } from './report.ts'
import { type Run, runOnce, type Settings, type Watch } from './run.ts'
import type { Target } from './target.ts'

export interface Result {
  runs: Run[]
  /** The report for people. */
  text: string
  exitCode: ExitCode
}

const warmUpTimeoutMs = 30_000

/** Picked by name: the options also hold the admin's token, and settings are kept by `--json`. */
const settingsOf = (options: Options): Settings => {
  const {
    buyers,
    stock,
    quantity,
    connections,
    strategy,
    thinkMs,
    batchMax,
    productId,
    timeoutMs,
    retryLost,
    seed,
  } = options
  return {
    buyers,
    stock,
    quantity,
    connections,
    strategy,
    thinkMs,
    batchMax,
    productId,
    timeoutMs,
    retryLost,
    seed,
  }
}

/**
 * An engine that was just started may answer before its workers do. One purchase that reaches its
 * outcome shows that all parts run, so that their start is not measured as waiting.
 */
async function warmUp(run: (settings: Partial<Settings>) => Promise<Run>): Promise<void> {
  const { figures } = await run({
    buyers: 1,
    stock: 1,
    quantity: 1,
    connections: 1,
    timeoutMs: warmUpTimeoutMs,
  })
  if (figures.lost > 0)
    throw new CouldNotRun(`no worker settled a first purchase within ${warmUpTimeoutMs / 1000} s`)
}

/** Runs what the options ask for against `target`, and judges it. Throws CouldNotRun. */
export async function runLoadTest(
  options: Options,
  target: Target,
  paint: Paint,
  watch: (label: string) => Watch,
): Promise<Result> {
  const adminClient = createClient(target.origin, 1)
  const admin = createAdmin(adminClient, target.adminToken)
  const run = (label: string, changed: Partial<Settings>): Promise<Run> =>
    runOnce(target.origin, admin, { ...settingsOf(options), ...changed }, watch(label))

  try {
    if (target.booted)
      await warmUp((settings) =>
        run('warm-up', {
          ...settings,
          strategy: 'locked',
          thinkMs: 0,
          batchMax: undefined,
          productId: undefined,
        }),
      )
    if (options.compare) {
      const naive = await run('naive', { strategy: 'naive' })
      const locked = await run('locked', { strategy: 'locked' })
      const exitCode = compareRuns(naive, locked).asExpected ? exitCodes.exact : exitCodes.broken
      return { runs: [naive, locked], text: renderComparison(naive, locked, paint), exitCode }
    }
    const only = await run(options.strategy, {})
    const exitCode = only.verdict.exact ? exitCodes.exact : exitCodes.broken
    return { runs: [only], text: renderReport(only, paint), exitCode }
  } finally {
    await adminClient.destroy('the load test is over')
  }
}

import { figureText } from './figure-text.ts'
import type { Sample } from './results.ts'
import type { MeasureName, Step } from './step.ts'
import type { BenchStores } from './stores.ts'

/** What could not be measured. */
export interface Failure {
  measure: MeasureName
  label: string
  round: number
  reason: string
}

/** What a run has brought so far; it grows while the run goes on. */
export interface Run {
  samples: Sample[]
  failures: Failure[]
}

export interface RunPlanOptions {
  steps: readonly Step[]
  rounds: number
  stores: BenchStores
  /** Nothing is begun after it is aborted. */
  signal: AbortSignal
  say: (line: string) => void
}

const isInRound = (step: Step, round: number): boolean => round <= (step.roundsMax ?? Infinity)

/** As in `about 12 min left`. */
export const leftText = (leftS: number): string =>
  leftS < 90 ? `about ${Math.ceil(leftS / 10) * 10} s left` : `about ${Math.round(leftS / 60)} min left`

/** The first lines of what went wrong: a process that did not start adds all of its log. */
const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n').slice(0, 12).join('\n')

/**
 * Runs all steps, then all of them again, so that a disturbance of the machine hits every contender alike. What fails
 * is noted, and the others go on.
 * @param run is added to.
 */
export const runPlan = async (run: Run, options: RunPlanOptions): Promise<void> => {
  const { steps, stores, say } = options
  const rounds = Array.from({ length: options.rounds }, (_, index) => index + 1)
  const all = rounds.flatMap((round) =>
    steps.filter((step) => isInRound(step, round)).map((step) => ({ step, round })),
  )
  const estimatedS = all.reduce((sum, { step }) => sum + step.estimateS, 0)
  say(`${all.length} measures in ${rounds.length} rounds, ${leftText(estimatedS)}`)

  let tookS = 0
  let hadS = 0
  for (const [index, { step, round }] of all.entries()) {
    if (options.signal.aborted) return
    const startedAtMs = performance.now()
    const result = await step.run({ stores, samples: run.samples }).then(
      (readings) => ({ ok: true as const, readings }),
      (error: unknown) => ({ ok: false as const, reason: reasonOf(error) }),
    )
    // What fails because everything is being stopped is no news.
    if (options.signal.aborted) return
    if (result.ok)
      run.samples.push(...result.readings.map((reading) => ({ measure: step.measure, round, ...reading })))
    else run.failures.push({ measure: step.measure, label: step.label, round, reason: result.reason })

    tookS += (performance.now() - startedAtMs) / 1000
    hadS += step.estimateS
    const leftS = ((estimatedS - hadS) * tookS) / hadS
    const [first] = result.ok ? result.readings : []
    const outcome = first ? `${figureText(first.value)} ${first.unit}` : 'FAILED'
    const place = `[${String(index + 1).padStart(String(all.length).length)}/${all.length}] round ${round}`
    say(`${place}  ${step.measure}: ${step.label}  ${outcome}  (${leftText(leftS)})`)
    if (!result.ok) say(result.reason.replace(/^/gm, '    '))
  }
}

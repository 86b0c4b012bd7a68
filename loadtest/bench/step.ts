import type { Sample } from './results.ts'
import type { BenchStores } from './stores.ts'

/** In the order in which they run. */
export const measureNames = [
  'throughput',
  'latency',
  'refusals',
  'polls',
  'looking',
  'eta',
  'drain',
  'scaling',
  'backlog',
  'aof',
  'memory',
  'settings',
] as const
export type MeasureName = (typeof measureNames)[number]

/** What runs only when it is named: it compares settings of the engine, not contenders. */
export const namedOnly: readonly MeasureName[] = ['settings']

/** What runs when nothing is named. */
export const defaultMeasures = measureNames.filter((name) => !namedOnly.includes(name))

/** A figure of one round; see `Sample`. */
export type Reading = Pick<Sample, 'contender' | 'situation' | 'unit' | 'value'>

export interface StepContext {
  stores: BenchStores
  /** Of all steps that have run so far. */
  samples: readonly Sample[]
}

/** One contender in one situation: the smallest part of a run that is measured and may fail by itself. */
export interface Step {
  measure: MeasureName
  /** As in `engine, 64 connections`. */
  label: string
  /** About how long it takes, for the time that is left. */
  estimateS: number
  /** Runs in the first rounds only; default: in all. */
  roundsMax?: number
  /** @returns the figure that matters most first. @throws why it could not be measured. */
  run(context: StepContext): Promise<Reading[]>
}

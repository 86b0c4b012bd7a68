import { aofSteps } from './measures/aof.ts'
import { backlogSteps, drainSteps, scalingSteps, settingSteps } from './measures/drain-steps.ts'
import { etaSteps } from './measures/eta.ts'
import { latencySteps } from './measures/latency.ts'
import { lookingSteps } from './measures/looking.ts'
import { memorySteps } from './measures/memory.ts'
import { pollSteps } from './measures/polls.ts'
import { refusalSteps } from './measures/refusals.ts'
import { throughputSteps } from './measures/throughput.ts'
import type { Sizes } from './sizes.ts'
import type { MeasureName, Step } from './step.ts'

const stepsOf: Record<MeasureName, (sizes: Sizes) => Step[]> = {
  throughput: throughputSteps,
  latency: latencySteps,
  refusals: refusalSteps,
  polls: pollSteps,
  looking: lookingSteps,
  eta: etaSteps,
  drain: drainSteps,
  scaling: scalingSteps,
  backlog: backlogSteps,
  aof: aofSteps,
  memory: memorySteps,
  settings: settingSteps,
}

/** What there is to measure with. */
export interface Means {
  /** Given stores have no second Redis that keeps nothing, which `aof` compares with. */
  volatileRedis: boolean
}

/** What one round consists of, in order. */
export const planOf = (measures: readonly MeasureName[], sizes: Sizes, means: Means): Step[] =>
  measures
    .filter((measure) => means.volatileRedis || measure !== 'aof')
    .flatMap((measure) => stepsOf[measure](sizes))

/** What is measured by letting workers settle a queue that was filled before. */
import { units, withProducts, withWaiting, withWorkers } from '../situations.ts'
import type { Sizes } from '../sizes.ts'
import type { MeasureName, Step } from '../step.ts'
import type { Drainer } from '../workers.ts'
import { type DrainOptions, measureDrain } from './drain.ts'
import { costReadings } from './throughput.ts'

/** Purchases a second, for the estimates: added to the queue, settled. */
const addedPerS = 12_000
const settledPerS: Record<Drainer, number> = { engine: 6_000, noop: 6_000, 'job-per-lock': 200 }
const startAndStopS = 5

const workerCounts = [1, 2]

interface DrainStep extends DrainOptions {
  measure: MeasureName
  situation: string
}

const step = ({ measure, situation, ...options }: DrainStep): Step => ({
  measure,
  label: `${options.drainer}, ${situation}`,
  estimateS:
    startAndStopS +
    options.jobs / addedPerS +
    (options.window ?? options.jobs) / settledPerS[options.drainer],
  run: async ({ stores }) => {
    const { perS, cpuUs } = await measureDrain(stores, options)
    const named = { contender: options.drainer, situation }
    const all = cpuUs.worker + cpuUs.redis + cpuUs.postgres
    // What a given store takes is not known, and the rest would be taken for all of it.
    const known = cpuUs.worker > 0 && stores.pids.redis !== undefined && stores.pids.postgres !== undefined
    return [
      { ...named, unit: units.settled, value: perS },
      ...(known ? [{ ...named, unit: units.cost, value: all }] : []),
      ...costReadings(options.drainer, situation, cpuUs),
    ]
  },
})

/** One product: the engine, the engine without its batches, and BullMQ with nothing to do. */
export const drainSteps = ({ drainJobs, jobPerLockWindow }: Sizes): Step[] =>
  workerCounts.flatMap((workers) =>
    (['engine', 'noop', 'job-per-lock'] as const).map((drainer) =>
      step({
        measure: 'drain',
        situation: withWorkers(workers),
        drainer,
        workers,
        products: 1,
        jobs: drainJobs,
        ...(drainer === 'job-per-lock' ? { window: jobPerLockWindow } : {}),
      }),
    ),
  )

/** More products, more workers. */
export const scalingSteps = ({ scalingJobs, products }: Sizes): Step[] =>
  products.flatMap((count) =>
    workerCounts.map((workers) =>
      step({
        measure: 'scaling',
        situation: withProducts(count, workers),
        drainer: 'engine',
        workers,
        products: count,
        jobs: scalingJobs,
      }),
    ),
  )

/** The same number of purchases settled with few and with many waiting behind them. */
export const backlogSteps = ({ backlogs, backlogWindow }: Sizes): Step[] =>
  backlogs.map((jobs) =>
    step({
      measure: 'backlog',
      situation: withWaiting(jobs),
      drainer: 'engine',
      workers: 1,
      products: 1,
      jobs,
      window: backlogWindow,
    }),
  )

/** Settings that were chosen by measurement: each with its default and what lies around it, all else as it is. */
const settings: readonly { products: number; env: Readonly<Record<string, string>> }[] = [
  { products: 1, env: {} },
  ...['50', '100', '250', '1000', '2000'].map((BATCH_MAX) => ({ products: 1, env: { BATCH_MAX } })),
  ...['250', '500', '1000', '4000'].map((WORKER_CONCURRENCY) => ({
    products: 1,
    env: { WORKER_CONCURRENCY },
  })),
  { products: 1, env: { UV_THREADPOOL_SIZE: '1' } },
  { products: 1, env: { UV_THREADPOOL_SIZE: '16' } },
  { products: 1, env: { NODE_OPTIONS: '--max-semi-space-size=8 --max-old-space-size=512' } },
  { products: 1, env: { NODE_OPTIONS: '--max-semi-space-size=64 --max-old-space-size=512' } },
  { products: 100, env: {} },
  ...['250', '1000', '4000'].map((WORKER_CONCURRENCY) => ({ products: 100, env: { WORKER_CONCURRENCY } })),
  ...['1', '2', '10'].map((DATABASE_POOL_MAX) => ({ products: 100, env: { DATABASE_POOL_MAX } })),
]

const settingText = (env: Readonly<Record<string, string>>): string =>
  Object.entries(env)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ') || 'defaults'

/** One worker with other settings than the defaults. */
export const settingSteps = ({ settingJobs }: Sizes): Step[] =>
  settings.map(({ products, env }) =>
    step({
      measure: 'settings',
      situation: `${withProducts(products, 1)}, ${settingText(env)}`,
      drainer: 'engine',
      workers: 1,
      products,
      jobs: settingJobs,
      env,
    }),
  )

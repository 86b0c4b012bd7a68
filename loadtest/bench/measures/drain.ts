import { type Depth, openBacklog } from '../backlog.ts'
import { plenty, startClean } from '../clean.ts'
import { cpuMsOf } from '../process-cost.ts'
import type { BenchStores } from '../stores.ts'
import { type Drainer, startWorkers, stopServices } from '../workers.ts'

export interface DrainOptions {
  drainer: Drainer
  workers: number
  products: number
  /** Purchases that wait at the start. */
  jobs: number
  /** Only so many of them are settled for the rate; default: all. */
  window?: number
  env?: Readonly<Record<string, string>>
}

export interface Drained {
  perS: number
  /** CPU time a purchase, microseconds, of all workers, of Redis and of Postgres. */
  cpuUs: { worker: number; redis: number; postgres: number }
  looks: Depth[]
}

/** Settled first, so that code is compiled and connections are open. */
const warmUpJobs = (drainer: Drainer): number => (drainer === 'job-per-lock' ? 300 : 5_000)

/** The part of the looks between which a rate is counted: from 2 % settled until `window` are, or all. */
const rateOf = (looks: readonly Depth[], jobs: number, window: number): number => {
  const first = looks.find((look) => look.depth <= jobs - window * 0.02)
  const last = looks.find((look) => look.depth <= jobs - window)
  if (!first || !last || last.atMs <= first.atMs)
    throw new Error('the queue drained before it could be watched')
  return ((first.depth - last.depth) * 1000) / (last.atMs - first.atMs)
}

/**
 * How fast workers settle a queue that was filled while it was paused. No api runs.
 * @throws when it is not empty after ten minutes.
 */
export const measureDrain = async (stores: BenchStores, options: DrainOptions): Promise<Drained> => {
  const { drainer, jobs } = options
  const { databaseUrl, redisUrl } = stores
  await startClean({ databaseUrl, redisUrl, products: options.products, stock: plenty })
  const productIds = Array.from({ length: options.products }, (_, index) => index + 1)
  const backlog = await openBacklog(redisUrl)
  const services = await startWorkers({
    drainer,
    count: options.workers,
    databaseUrl,
    redisUrl,
    env: options.env,
  })
  const cpu = async () => ({
    worker: (await Promise.all(services.map(({ pid }) => cpuMsOf(pid)))).reduce((sum, ms) => sum + ms, 0),
    redis: await cpuMsOf(stores.pids.redis),
    postgres: await cpuMsOf(stores.pids.postgres),
  })
  try {
    await backlog.add(warmUpJobs(drainer), productIds)
    await backlog.untilEmpty()
    await backlog.pause()
    await backlog.add(jobs, productIds)
    const before = await cpu()
    await backlog.resume()
    const looks = await backlog.untilEmpty(jobs - (options.window ?? jobs))
    const after = await cpu()
    const done = jobs - (looks.at(-1)?.depth ?? 0)
    const costUs = (name: keyof typeof before): number => ((after[name] - before[name]) * 1000) / done
    return {
      perS: rateOf(looks, jobs, options.window ?? jobs),
      cpuUs: { worker: costUs('worker'), redis: costUs('redis'), postgres: costUs('postgres') },
      looks,
    }
  } finally {
    await backlog.close()
    // What still waits is thrown away: nothing has to be handed back in order.
    await stopServices(services, options.window === undefined ? undefined : 0)
  }
}

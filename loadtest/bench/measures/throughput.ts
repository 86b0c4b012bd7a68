import { openBacklog } from '../backlog.ts'
import { countSettled, plenty, startClean } from '../clean.ts'
import {
  engine,
  type HttpContender,
  jobPerLock,
  lockPerRequest,
  type Serving,
  type StoreUrls,
  sqlPerRequest,
} from '../contenders/http.ts'
import { type LoadResult, runLoad } from '../load.ts'
import { cpuMsOf } from '../process-cost.ts'
import { type CostProcess, cpuUnit, units, withConnections } from '../situations.ts'
import type { Sizes } from '../sizes.ts'
import type { Reading, Step } from '../step.ts'
import type { BenchStores } from '../stores.ts'

export interface ThroughputOptions {
  contender: HttpContender
  connections: number
  durationMs: number
}

export interface Throughput {
  /** From the first request until the last accepted purchase had its outcome in Postgres. */
  settledPerS: number
  /** While the requests ran. */
  acceptedPerS: number
  /** CPU time a purchase, microseconds. */
  cpuUs: Record<CostProcess, number>
}

/** `POST /purchases` of one unit of product 1, by a customer of its own. */
export const purchaseRequest = (n: number) => ({
  path: '/purchases',
  body: `{"productId":1,"customerId":"c-${n}"}`,
})

/** @returns how many. @throws when one was not accepted. */
export const expectAccepted = (result: LoadResult): number => {
  const accepted = (result.statuses.get(202) ?? 0) + (result.statuses.get(201) ?? 0)
  const all = [...result.statuses.values()].reduce((sum, count) => sum + count, 0)
  if (accepted !== all)
    throw new Error(`expected every purchase to be accepted, got ${JSON.stringify([...result.statuses])}`)
  return accepted
}

/** CPU time so far of everything that serves a purchase, and of this process, which sends it; ms. */
const cpuOf = async (stores: BenchStores, serving: Serving): Promise<Record<CostProcess, number>> => {
  const workers = await Promise.all(serving.workerPids.map(cpuMsOf))
  const own = process.cpuUsage()
  return {
    api: await cpuMsOf(serving.apiPid),
    worker: workers.reduce((sum, ms) => sum + ms, 0),
    redis: await cpuMsOf(stores.pids.redis),
    postgres: await cpuMsOf(stores.pids.postgres),
    generator: (own.user + own.system) / 1000,
  }
}

/** Waits until everything that was accepted is settled. @throws when it is not after ten minutes. */
export const untilSettled = async (stores: StoreUrls, serving: Serving): Promise<void> => {
  if (serving.counts === 'others') return
  const backlog = await openBacklog(stores.redisUrl)
  await backlog.untilEmpty().finally(() => backlog.close())
}

/**
 * How many purchases a second a contender settles under a closed loop.
 * @throws when one is refused, or when not every accepted one is in Postgres afterwards.
 */
export const measureThroughput = async (
  stores: BenchStores,
  { contender, connections, durationMs }: ThroughputOptions,
): Promise<Throughput> => {
  await startClean({ ...stores, products: 1, stock: plenty })
  const serving = await contender.start(stores)
  try {
    const load = { origin: serving.origin, connections, method: 'POST' as const, request: purchaseRequest }
    expectAccepted(await runLoad({ ...load, requestsMax: contender.warmUpRequests }))
    await untilSettled(stores, serving)
    const countedBefore = (await countSettled(stores.databaseUrl))[serving.counts]
    const cpuBefore = await cpuOf(stores, serving)

    const startedAtMs = performance.now()
    const limit = contender.requestsMax === undefined ? {} : { requestsMax: contender.requestsMax }
    const result = await runLoad({ ...load, durationMs, ...limit })
    const accepted = expectAccepted(result)
    await untilSettled(stores, serving)
    const elapsedMs = performance.now() - startedAtMs

    const cpuAfter = await cpuOf(stores, serving)
    const settled = (await countSettled(stores.databaseUrl))[serving.counts] - countedBefore
    if (settled !== accepted) throw new Error(`${accepted} purchases were accepted, ${settled} settled`)
    const costUs = (name: keyof typeof cpuBefore): number =>
      ((cpuAfter[name] - cpuBefore[name]) * 1000) / settled
    return {
      settledPerS: (settled * 1000) / elapsedMs,
      acceptedPerS: (accepted * 1000) / result.elapsedMs,
      cpuUs: {
        api: costUs('api'),
        worker: costUs('worker'),
        redis: costUs('redis'),
        postgres: costUs('postgres'),
        generator: costUs('generator'),
      },
    }
  } finally {
    await serving.stop()
  }
}

/** What is known of the cost: nothing of a given store, and nothing where there is no /proc. */
export const costReadings = (
  contender: string,
  situation: string,
  cpuUs: Partial<Record<CostProcess, number>>,
) =>
  (Object.entries(cpuUs) as [CostProcess, number][])
    .filter(([, value]) => value > 0)
    .map(([name, value]): Reading => ({ contender, situation, unit: cpuUnit(name), value }))

const step = (contender: HttpContender, connections: number, durationMs: number): Step => ({
  measure: 'throughput',
  label: `${contender.name}, ${withConnections(connections)}`,
  estimateS: durationMs / 1000 + (contender.requestsMax === undefined ? 6 : 8 + connections / 50),
  run: async ({ stores }) => {
    const { settledPerS, acceptedPerS, cpuUs } = await measureThroughput(stores, {
      contender,
      connections,
      durationMs,
    })
    const named = { contender: contender.name, situation: withConnections(connections) }
    return [
      { ...named, unit: units.settled, value: settledPerS },
      { ...named, unit: units.accepted, value: acceptedPerS },
      ...costReadings(named.contender, named.situation, cpuUs),
    ]
  },
})

/** Every contender that answers HTTP, with few connections and with many. */
export const throughputSteps = ({ loadMs }: Sizes): Step[] =>
  [64, 512].flatMap((connections) =>
    [engine, lockPerRequest, sqlPerRequest(4), sqlPerRequest(10), jobPerLock].map((contender) =>
      step(contender, connections, loadMs),
    ),
  )

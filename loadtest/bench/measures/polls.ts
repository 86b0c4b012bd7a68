import { openBacklog } from '../backlog.ts'
import { plenty, startClean } from '../clean.ts'
import { engine, type Serving } from '../contenders/http.ts'
import { runLoad } from '../load.ts'
import { units } from '../situations.ts'
import type { Sizes } from '../sizes.ts'
import type { Step } from '../step.ts'
import type { BenchStores } from '../stores.ts'
import { purchaseRequest, untilSettled } from './throughput.ts'

/** What the purchases that are asked for are doing. */
export type Polled = 'settled' | 'queued'

export interface PollsOptions {
  polled: Polled
  /** How many purchases are asked for in turn. */
  purchases: number
  durationMs: number
}

const connections = 64

/** Sends purchases. @returns where to ask for each. @throws when one is not accepted. */
const buyAll = async (serving: Serving, count: number): Promise<string[]> => {
  const paths: string[] = []
  await runLoad({
    origin: serving.origin,
    connections,
    method: 'POST',
    request: purchaseRequest,
    requestsMax: count,
    onAnswer: (_n, status, body) => {
      if (status === 202) paths.push((JSON.parse(body) as { statusUrl: string }).statusUrl)
    },
  })
  if (paths.length !== count) throw new Error(`expected ${count} accepted purchases, got ${paths.length}`)
  return paths
}

/** How many `GET /purchases/:jobId` a second the api answers. @throws when one is not answered 200. */
export const measurePolls = async (
  stores: BenchStores,
  { polled, purchases, durationMs }: PollsOptions,
): Promise<number> => {
  await startClean({ ...stores, products: 1, stock: plenty })
  const serving = await engine.start(stores)
  const backlog = await openBacklog(stores.redisUrl)
  try {
    await buyAll(serving, engine.warmUpRequests)
    await untilSettled(stores, serving)
    if (polled === 'queued') await backlog.pause()
    const paths = await buyAll(serving, purchases)
    if (polled === 'settled') await untilSettled(stores, serving)
    const request = (n: number) => ({ path: paths[n % paths.length] ?? '/' })
    const load = { origin: serving.origin, connections, method: 'GET' as const, request }
    await runLoad({ ...load, requestsMax: purchases })
    const { statuses, elapsedMs } = await runLoad({ ...load, durationMs })
    if (statuses.size !== 1) throw new Error(`expected 200 only, got ${JSON.stringify([...statuses])}`)
    return ((statuses.get(200) ?? 0) * 1000) / elapsedMs
  } finally {
    await backlog.resume().finally(() => backlog.close())
    await serving.stop()
  }
}

export const pollSteps = ({ loadMs, polledPurchases }: Sizes): Step[] =>
  (['settled', 'queued'] as const).map((polled) => ({
    measure: 'polls',
    label: `engine, ${polled} purchases`,
    estimateS: loadMs / 1000 + 5,
    run: async ({ stores }) => {
      const options = { polled, purchases: polledPurchases, durationMs: loadMs }
      const value = await measurePolls(stores, options)
      return [{ contender: engine.name, situation: `${polled} purchases`, unit: units.polls, value }]
    },
  }))

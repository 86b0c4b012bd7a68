import { setTimeout as sleep } from 'node:timers/promises'
import { startClean } from '../clean.ts'
import { engine, type Serving } from '../contenders/http.ts'
import { type LoadResult, runLoad } from '../load.ts'
import { units, withConnections } from '../situations.ts'
import type { Sizes } from '../sizes.ts'
import type { Step } from '../step.ts'
import type { BenchStores } from '../stores.ts'
import { purchaseRequest, untilSettled } from './throughput.ts'

const connections = 64
const stock = 1_000
const patienceMs = 10_000
const probes = 200

const loadOf = (serving: Serving) => ({
  origin: serving.origin,
  connections,
  method: 'POST' as const,
  request: purchaseRequest,
})

const refusedIn = ({ statuses }: LoadResult): number => statuses.get(409) ?? 0

/** Sells the stock, then asks until the api refuses by itself. @throws when it does not within 10 s. */
const sellOut = async (stores: BenchStores, serving: Serving): Promise<void> => {
  const deadlineAtMs = performance.now() + patienceMs
  await runLoad({ ...loadOf(serving), requestsMax: engine.warmUpRequests })
  await untilSettled(stores, serving)
  while (refusedIn(await runLoad({ ...loadOf(serving), requestsMax: probes })) < probes) {
    if (performance.now() > deadlineAtMs) throw new Error('the api goes on accepting what is sold out')
    await sleep(100)
  }
}

/**
 * How many purchases of a sold-out product the api refuses a second. An accepted one in between is no fault: a
 * "sold out" that was not confirmed within the last second refuses nobody.
 * @throws when there is any other answer.
 */
export const measureRefusals = async (stores: BenchStores, durationMs: number): Promise<number> => {
  await startClean({ ...stores, products: 1, stock })
  const serving = await engine.start(stores)
  try {
    await sellOut(stores, serving)
    const result = await runLoad({ ...loadOf(serving), durationMs })
    const odd = [...result.statuses].filter(([status]) => status !== 409 && status !== 202)
    if (odd.length > 0) throw new Error(`expected refusals, got ${JSON.stringify([...result.statuses])}`)
    return (refusedIn(result) * 1000) / result.elapsedMs
  } finally {
    await serving.stop()
  }
}

export const refusalSteps = ({ loadMs }: Sizes): Step[] => [
  {
    measure: 'refusals',
    label: 'engine, sold out',
    estimateS: loadMs / 1000 + 6,
    run: async ({ stores }) => [
      {
        contender: engine.name,
        situation: withConnections(connections),
        unit: units.refused,
        value: await measureRefusals(stores, loadMs),
      },
    ],
  },
]

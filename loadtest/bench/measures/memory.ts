import { plenty, startClean } from '../clean.ts'
import { engine } from '../contenders/http.ts'
import { runLoad } from '../load.ts'
import { memoryMbOf, rssMbOf } from '../process-cost.ts'
import { afterPurchases, units } from '../situations.ts'
import type { Sizes } from '../sizes.ts'
import type { Step } from '../step.ts'
import type { BenchStores } from '../stores.ts'
import { expectAccepted, purchaseRequest, untilSettled } from './throughput.ts'

/** MB; resident set of a process; of Postgres' processes with what they share counted once. 0: not known. */
export interface Memory {
  api: number
  worker: number
  redis: number
  postgres: number
}

const connections = 64

/** What is in memory after so many purchases in a closed loop, all settled. */
export const measureMemory = async (stores: BenchStores, purchases: number): Promise<Memory> => {
  await startClean({ ...stores, products: 1, stock: plenty })
  const serving = await engine.start(stores)
  try {
    const load = { origin: serving.origin, connections, method: 'POST' as const, request: purchaseRequest }
    expectAccepted(await runLoad({ ...load, requestsMax: purchases }))
    await untilSettled(stores, serving)
    const workers = await Promise.all(serving.workerPids.map(rssMbOf))
    return {
      api: await rssMbOf(serving.apiPid),
      worker: Math.max(...workers),
      redis: stores.pids.redis === undefined ? 0 : await rssMbOf(stores.pids.redis),
      postgres: await memoryMbOf(stores.pids.postgres),
    }
  } finally {
    await serving.stop()
  }
}

export const memorySteps = ({ memoryPurchases }: Sizes): Step[] => [
  {
    measure: 'memory',
    label: 'engine',
    estimateS: memoryPurchases / 2_500 + 6,
    roundsMax: 1,
    run: async ({ stores }) => {
      const memory = Object.entries(await measureMemory(stores, memoryPurchases))
      const known = memory.filter(([, value]) => value > 0)
      if (known.length === 0) throw new Error('memory is read from /proc, which is not there')
      return known.map(([name, value]) => ({
        contender: engine.name,
        situation: afterPurchases(memoryPurchases, name),
        unit: units.memory,
        value,
      }))
    },
  },
]

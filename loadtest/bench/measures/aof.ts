import { engine } from '../contenders/http.ts'
import { units } from '../situations.ts'
import type { Sizes } from '../sizes.ts'
import type { Step } from '../step.ts'
import type { BenchStores } from '../stores.ts'
import { costReadings, measureThroughput } from './throughput.ts'

const connections = 64

/** As in the tables. */
export const durabilities = { always: 'appendfsync always', never: 'no AOF' } as const

/** The same stores with the Redis that keeps nothing. @throws when there is none: the stores were given. */
const volatileStores = (stores: BenchStores): BenchStores => {
  if (stores.volatileRedisUrl === undefined)
    throw new Error('needs a Redis without AOF, and the Redis was given: leave --redis-url out')
  return {
    ...stores,
    redisUrl: stores.volatileRedisUrl,
    pids: { ...stores.pids, redis: stores.pids.volatileRedis },
  }
}

/** What it costs that Redis has a purchase on disk before it is answered. */
export const aofSteps = ({ loadMs }: Sizes): Step[] =>
  (['always', 'never'] as const).map((durability) => ({
    measure: 'aof',
    label: `engine, ${durabilities[durability]}`,
    estimateS: loadMs / 1000 + 5,
    run: async ({ stores }) => {
      const chosen = durability === 'always' ? stores : volatileStores(stores)
      const result = await measureThroughput(chosen, { contender: engine, connections, durationMs: loadMs })
      const named = { contender: engine.name, situation: durabilities[durability] }
      return [
        { ...named, unit: units.settled, value: result.settledPerS },
        ...costReadings(named.contender, named.situation, result.cpuUs),
      ]
    },
  }))

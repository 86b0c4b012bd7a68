import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlledService } from '../controlled-service.ts'
import type { Fault } from '../fault.ts'
import { type Random, randomOf, seedMax } from '../random.ts'
import { until } from '../until.ts'
import { longLeases, nextGrant } from './moments.ts'

const reconciledMsMax = 40_000
/** What `maxStalledCount` is set to (worker/src/take-purchases.ts). */
const stalledCountMax = 25
/** Buyers a second. */
const load = 40

/** Milliseconds that a worker runs before it is killed, and then is gone. */
const runsMs = { min: 300, max: 5_000 }
const goneMs = { min: 0, max: 1_500 }

/** Every worker is killed and started again for so long, each at its own times. */
export const killedAtRandom = (durationMs: number): Fault => ({
  name: 'workers-killed-at-random',
  number: 6,
  what: `each of the three workers gets SIGKILL at random and is started again, for ${durationMs / 1000} s under load`,
  expects: 'nothing is lost',
  slow: true,
  plan: { buyers: Math.max(200, (durationMs / 1000) * load), spreadMs: durationMs, thinkMs: 5, batchMax: 10 },
  inject: async (stack, round) => {
    await round.sell()
    const end = performance.now() + durationMs
    let kills = 0
    const harass = async (worker: ControlledService, random: Random): Promise<void> => {
      for (;;) {
        await sleep(random.whole(runsMs.min, runsMs.max))
        if (performance.now() >= end) return
        await worker.kill()
        kills += 1
        await sleep(random.whole(goneMs.min, goneMs.max))
        await worker.start()
      }
    }
    // Numbers of its own for each, since who draws next is a matter of time.
    const seeds = stack.workers.map(() => round.random.whole(0, seedMax))
    await Promise.all(stack.workers.map((worker, index) => harass(worker, randomOf(seeds[index] ?? 0))))
    round.figure('kills', kills)
  },
})

export const stalledTooOften: Fault = {
  name: 'jobs-stalled-too-often',
  number: 7,
  what: 'the holder of the lock gets SIGKILL, and its jobs have stalled as often as they may already',
  expects: 'BullMQ fails the jobs; the reconciler finds them and settles their purchases',
  counts: [
    'flash_sale_reconciler_actions_total{action="found"}',
    'flash_sale_reconciler_actions_total{action="settled"}',
  ],
  slow: true,
  plan: longLeases,
  inject: async (stack, round) => {
    const { queue, redis } = stack.inspect
    const sale = await round.sell()
    const { holder } = await nextGrant(stack, sale, 1)
    await holder.kill()
    for (const id of await queue.getRanges(['active'], 0, -1))
      await redis.hset(queue.toKey(id), 'stc', stalledCountMax)
    const found = await until('purchases found by the reconciler', reconciledMsMax, async () => {
      const lines = await Promise.all(
        stack.workers.map((worker) => worker.logged('reconciler: settled a purchase left behind')),
      )
      return lines.flat().length > 0 && lines.flat().length
    })
    round.figure('reconciledFirst', found)
  },
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { until } from '../until.ts'
import { anyWorker, longLeases, nextGrant } from './moments.ts'

const reconciledMsMax = 40_000
/** What `maxStalledCount` is set to (worker/src/take-purchases.ts). */
const stalledCountMax = 25
/** Buyers a second. */
const load = 40

/** Kills and starts workers for so long. */
export const killedAtRandom = (durationMs: number): Fault => ({
  name: 'workers-killed-at-random',
  number: 6,
  what: `workers get SIGKILL one after the other and are started again, for ${durationMs / 1000} s under load`,
  expects: 'nothing is lost',
  slow: true,
  plan: { buyers: Math.max(200, (durationMs / 1000) * load), spreadMs: durationMs, thinkMs: 5, batchMax: 10 },
  inject: async (stack, round) => {
    await round.sell()
    const until = performance.now() + durationMs
    let kills = 0
    while (performance.now() < until) {
      await sleep(round.random.whole(100, 2_000))
      const worker = anyWorker(stack, round)
      await worker.kill()
      kills += 1
      await sleep(round.random.whole(0, 500))
      await worker.start()
    }
    round.figure('kills', kills)
  },
})

export const stalledTooOften: Fault = {
  name: 'jobs-stalled-too-often',
  number: 7,
  what: 'the holder of the lock gets SIGKILL, and its jobs have stalled as often as they may already',
  expects: 'BullMQ fails the jobs; the reconciler finds them and settles their purchases',
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

import type { Fault } from '../fault.ts'
import { until } from '../until.ts'
import { partlySold, unhurried } from './moments.ts'

const healMsMax = 15_000
const moreSoldMsMax = 10_000

export const redisEmptied: Fault = {
  name: 'redis-emptied',
  number: 21,
  what: 'SIGKILL of Redis during the sale, started from an empty directory; every other time the workers get SIGKILL too',
  expects:
    'no oversell; what was lost is unknown (404), and sent again with its key gives one order; fencing heals',
  losesAccepted: true,
  plan: { ...unhurried, thinkMs: 20, spreadMs: 0 },
  inject: async (stack, round) => {
    const sale = await round.sell()
    await partlySold(stack, round, sale)
    const forgetful = round.random.chance(50)
    // What the workers have taken is settled although Redis has lost it; without them it is gone.
    if (forgetful) await Promise.all(stack.workers.map((worker) => worker.kill()))
    await stack.redis.empty()
    if (!forgetful) return
    await Promise.all(stack.workers.map((worker) => worker.start()))
    // None of them knows a token, and Redis counts from 1: Postgres has to refuse once.
    await until('fencing has healed', round.patient(healMsMax), async () => {
      const lines = await Promise.all(stack.workers.map((worker) => worker.logged('stale fencing token')))
      return lines.flat().length > 0
    })
  },
}

export const redisPutBack: Fault = {
  name: 'redis-put-back',
  number: 22,
  what: 'the append-only file is copied during the sale; later SIGKILL of Redis, started from that copy',
  expects: 'nothing twice: purchases that are in the queue once more end with their stored outcomes',
  slow: true,
  losesAccepted: true,
  plan: unhurried,
  inject: async (stack, round) => {
    const sale = await round.sell()
    await partlySold(stack, round, sale)
    await stack.redis.copyData()
    const copied = await stack.inspect.settled(sale.productId)
    const more = round.random.whole(1, Math.max(1, Math.floor(sale.plan.buyers / 2)))
    await until('more sold', moreSoldMsMax, async () => {
      return sale.isOver() || (await stack.inspect.settled(sale.productId)) >= copied + more
    })
    await stack.redis.putBackData()
  },
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { makeProbe } from '../probe.ts'
import { partlySold, unhurried } from './moments.ts'
import { awaitRecovery } from './postgres-gone.ts'

/** Less than an empty Redis takes. */
const tooLittle = '1'
const unlimited = '0'

/** @param fullMsMax at most so long, at least a second. */
export const redisFull = (fullMsMax: number): Fault => ({
  name: 'redis-full',
  number: 23,
  what: `CONFIG SET maxmemory below what is used (noeviction) during the sale, raised again within ${fullMsMax / 1000} s`,
  expects: '503 meanwhile, nothing is dropped; afterwards everything that was accepted is settled',
  plan: { ...unhurried, spreadMs: 2_000 },
  inject: async (stack, round) => {
    const { redis } = stack.inspect
    const probe = await makeProbe(stack, round)
    const sale = await round.sell()
    await partlySold(stack, round, sale)
    try {
      await redis.config('SET', 'maxmemory', tooLittle)
      await probe.expectUnavailable('queue-unavailable')
      await sleep(round.random.whole(1_000, fullMsMax))
    } finally {
      await redis.config('SET', 'maxmemory', unlimited)
    }
    const settled = await stack.inspect.settled(sale.productId)
    await awaitRecovery(stack, round, sale, settled)
  },
})

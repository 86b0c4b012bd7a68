import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { expectStillShown, makeProbe } from '../probe.ts'
import { awaitRecovery, through } from './postgres-gone.ts'

const servedMsMax = 20_000
const frozenMs = 5_000

export const redisDownAtBoot: Fault = {
  name: 'redis-down-at-boot',
  number: 18,
  what: 'api and workers start while Redis is down; Redis starts up to 3 s later',
  expects: 'they start and stay; 503 until Redis is there, then the sale runs without anybody doing anything',
  inject: async (stack, round) => {
    await Promise.all(stack.services.map((service) => service.kill()))
    await stack.redis.kill()
    await Promise.all(stack.services.map((service) => service.start()))
    const probe = await makeProbe(stack, round)
    const sale = await round.sell()
    await probe.expectUnavailable('queue-unavailable')
    if (await stack.shop.isReady()) round.violation('the api says that it is ready without Redis')
    await sleep(round.random.whole(0, 3_000))
    if (sale.accepted() > 0) round.violation(`${sale.accepted()} purchases were accepted without Redis`)
    await stack.redis.start()
    const startedAt = performance.now()
    await sale.awaitServed(sale.plan.buyers)
    round.figure('servedMs', performance.now() - startedAt)
    if (performance.now() - startedAt > round.patient(servedMsMax))
      round.violation(`served only ${Math.round(performance.now() - startedAt)} ms after Redis was back`)
  },
}

export const redisDown = (downMs: number): Fault => ({
  name: 'redis-down',
  number: 19,
  what: `SIGKILL of Redis during the sale, started again after ${downMs / 1000} s`,
  expects:
    '503 within 2 s meanwhile, what was settled is still shown; afterwards everything that was accepted is settled',
  slow: true,
  plan: through(downMs),
  inject: async (stack, round) => {
    const probe = await makeProbe(stack, round)
    const sale = await round.sell()
    await sale.awaitServed(1)
    await stack.redis.kill()
    const downAt = performance.now()
    await probe.expectUnavailable('queue-unavailable', 'outcome-unknown')
    await expectStillShown(stack, round, sale)
    await sleep(Math.max(0, downMs - (performance.now() - downAt)))
    const settled = await stack.inspect.settled(sale.productId)
    await stack.redis.start()
    await awaitRecovery(stack, round, sale, settled)
  },
})

export const redisFrozen: Fault = {
  name: 'redis-frozen',
  number: 20,
  what: `SIGSTOP of Redis during the sale, SIGCONT ${frozenMs / 1000} s later`,
  expects:
    '503 within 2 s meanwhile, what was settled is still shown; leases run out; afterwards everything that was accepted is settled',
  plan: through(frozenMs),
  inject: async (stack, round) => {
    const probe = await makeProbe(stack, round)
    const sale = await round.sell()
    await sale.awaitServed(1)
    stack.redis.pause()
    const frozenAt = performance.now()
    await probe.expectUnavailable('outcome-unknown')
    await expectStillShown(stack, round, sale)
    await sleep(Math.max(0, frozenMs - (performance.now() - frozenAt)))
    const settled = await stack.inspect.settled(sale.productId)
    stack.redis.resume()
    await awaitRecovery(stack, round, sale, settled)
  },
}

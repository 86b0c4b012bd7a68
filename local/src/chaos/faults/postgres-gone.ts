import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault, Round } from '../fault.ts'
import type { SalePlan } from '../plan.ts'
import { expectStillShown } from '../probe.ts'
import type { Sale } from '../sale.ts'
import type { Stack } from '../stack.ts'
import { until } from '../until.ts'
import { partlySold, unhurried } from './moments.ts'

/** Buyers a second of a sale that lasts as long as a store is down. */
const load = 40
const recoverMsMax = 15_000

/** Buyers come all the time that a store is down, and a little longer. */
export const through = (downMs: number): Partial<SalePlan> => ({
  ...unhurried,
  buyers: Math.max(200, Math.ceil((downMs / 1_000) * load)),
  spreadMs: downMs + 1_500,
})

/** Measures how long it takes until purchases are settled again, from now on; nothing when nobody waits any more. */
export const awaitRecovery = async (
  stack: Stack,
  round: Round,
  sale: Sale,
  before: number,
): Promise<void> => {
  const startedAt = performance.now()
  const how = await until('purchases are settled again', round.patient(recoverMsMax), async () => {
    if (sale.isOver()) return 'over'
    return (await stack.inspect.settled(sale.productId)) > before && 'settled'
  })
  if (how === 'settled') round.figure('recoverMs', performance.now() - startedAt)
}

export const postgresKilled: Fault = {
  name: 'postgres-killed',
  number: 14,
  what: 'SIGKILL of Postgres in the middle of the sale, one to three times; started again after at most 1.5 s',
  expects: 'every order that a buyer has seen is there afterwards',
  plan: { ...unhurried, spreadMs: 800 },
  inject: async (stack, round) => {
    const sale = await round.sell()
    await partlySold(stack, round, sale)
    const kills = round.random.whole(1, 3)
    for (let done = 0; done < kills; done += 1) {
      const before = await stack.inspect.settled(sale.productId)
      await stack.postgres.kill()
      await sleep(round.random.whole(0, 1_500))
      await stack.postgres.start()
      if (sale.isOver()) return
      await awaitRecovery(stack, round, sale, before)
      await sleep(round.random.whole(0, 200))
    }
  },
}

export const postgresDown = (downMs: number): Fault => ({
  name: 'postgres-down',
  number: 17,
  what: `SIGKILL of Postgres during the sale, started again after ${downMs / 1000} s`,
  expects: 'purchases are accepted all the time and settled afterwards; none fails',
  slow: true,
  plan: through(downMs),
  inject: async (stack, round) => {
    const sale = await round.sell()
    await sale.awaitServed(1)
    const settled = await stack.inspect.settled(sale.productId)
    await stack.postgres.kill()
    const before = sale.accepted()
    const downAt = performance.now()
    await expectStillShown(stack, round, sale)
    if (await stack.shop.isReady()) round.violation('the api says that it is ready without Postgres')
    await sleep(Math.max(0, downMs - (performance.now() - downAt)))
    const accepted = sale.accepted() - before
    round.figure('acceptedWhileDown', accepted)
    if (accepted === 0) round.violation('nothing was accepted while Postgres was down')
    await stack.postgres.start()
    await awaitRecovery(stack, round, sale, settled)
  },
})

import type { Fault, Round } from '../fault.ts'
import type { Sale } from '../sale.ts'
import type { Stack } from '../stack.ts'
import { until } from '../until.ts'
import { longLeases, nextGrant, partlySold, stuckStatement, unhurried, workerNamed } from './moments.ts'

/** The promise of the lock: a killed holder delays its product no longer. */
const takeoverMsMax = 3_000
const seenMsMax = 10_000

export const killedBeforeCommit: Fault = {
  name: 'worker-killed-before-commit',
  number: 1,
  what: 'its settle statement is held at the proxy; SIGKILL; the statement never arrives',
  expects: 'another worker settles its purchases after they stalled',
  counts: ['flash_sale_jobs_stalled_total'],
  plan: unhurried,
  inject: async (stack, round) => {
    const sale = await round.sell()
    await partlySold(stack, round, sale)
    const { worker } = await stuckStatement(stack, round, sale)
    await worker.kill()
    worker.links.postgres.reset()
  },
}

export const killedAfterCommit: Fault = {
  name: 'worker-killed-after-commit',
  number: 2,
  what: 'the answer to its settle statement is held at the proxy until another connection sees the rows; SIGKILL',
  expects: 'the jobs stall, and end with the stored outcomes',
  counts: ['flash_sale_jobs_stalled_total', 'flash_sale_purchases_found_settled_total'],
  plan: unhurried,
  inject: async (stack, round) => {
    const sale = await round.sell()
    await partlySold(stack, round, sale)
    const { worker, ids } = await stuckStatement(stack, round, sale)
    worker.links.postgres.hold('toClient')
    worker.links.postgres.deliver('toServer')
    await until('the commit of what is stuck', seenMsMax, async () => {
      const stored = await stack.inspect.purchases(sale.productId)
      return stored.some(({ id }) => ids.includes(id))
    })
    await worker.kill()
    worker.links.postgres.reset()
  },
}

/** Measures how long the product stands still. */
const awaitTakeover = async (stack: Stack, round: Round, sale: Sale, killed: string): Promise<void> => {
  const killedAt = performance.now()
  await until(
    'another holder of the lock',
    seenMsMax,
    async () => {
      const owner = await stack.inspect.lockOwner(sale.productId)
      return owner !== undefined && owner !== killed
    },
    2,
  )
  const takeoverMs = performance.now() - killedAt
  round.figure('takeoverMs', takeoverMs)
  if (takeoverMs > round.patient(takeoverMsMax))
    round.violation(`the lock stood still for ${Math.round(takeoverMs)} ms after its holder was killed`)
}

export const killedHolder: Fault = {
  name: 'worker-killed-holding-lock',
  number: 3,
  what: 'the holder of the lock, named by Redis, gets SIGKILL during its think time',
  expects: `the next in line holds the lock within ${takeoverMsMax} ms`,
  counts: ['flash_sale_jobs_stalled_total'],
  plan: longLeases,
  inject: async (stack, round) => {
    const sale = await round.sell()
    const { owner, holder } = await nextGrant(stack, sale, 1)
    await holder.kill()
    await awaitTakeover(stack, round, sale, owner)
  },
}

export const killedHolderAndNext: Fault = {
  name: 'worker-killed-holding-lock-and-next',
  number: 3,
  what: 'the holder of the lock and the foremost waiter get SIGKILL at once',
  expects: `the third holds the lock within ${takeoverMsMax} ms, although a dead waiter stands before it`,
  counts: ['flash_sale_jobs_stalled_total'],
  plan: longLeases,
  inject: async (stack, round) => {
    const sale = await round.sell()
    const { owner, holder } = await nextGrant(stack, sale, 2)
    const [next = ''] = await stack.inspect.lockLine(sale.productId)
    await Promise.all([holder.kill(), workerNamed(stack, next).kill()])
    await awaitTakeover(stack, round, sale, owner)
  },
}

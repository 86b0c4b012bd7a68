import type { ControlledService } from '../controlled-service.ts'
import type { Fault } from '../fault.ts'
import { lockRow } from '../row-lock.ts'
import type { Stack } from '../stack.ts'
import { until } from '../until.ts'
import { awaitWaitingBackend } from '../worker-backends.ts'
import { partlySold, stuckStatement, unhurried, workerNamed } from './moments.ts'

const seenMsMax = 10_000

const storedOf = async (stack: Stack, productId: number, ids: readonly string[]): Promise<number> => {
  const stored = await stack.inspect.purchases(productId)
  return stored.filter(({ id }) => ids.includes(id)).length
}

/** The worker did not know how its statement ended, and says so. */
const awaitSettledAgain = (worker: ControlledService): Promise<unknown> =>
  until('the batch is settled again', seenMsMax, async () => {
    return (await worker.logged('settling the batch again')).length > 0
  })

export const settleAnswerLost: Fault = {
  name: 'answer-of-settle-lost',
  number: 11,
  what: 'the answer to a settle statement is held at the proxy until another connection sees the rows; the connection is reset',
  expects: 'the worker settles the batch again under the same ids and gets the stored outcomes',
  counts: ['flash_sale_settle_retries_total{cause="fault"}'],
  plan: unhurried,
  inject: async (stack, round) => {
    const sale = await round.sell()
    await partlySold(stack, round, sale)
    const { worker, ids } = await stuckStatement(stack, round, sale)
    const { postgres } = worker.links
    postgres.hold('toClient')
    postgres.deliver('toServer')
    await until('the commit of the batch', seenMsMax, async () => {
      return (await storedOf(stack, sale.productId, ids)) > 0
    })
    postgres.reset()
    await awaitSettledAgain(worker)
  },
}

export const settleNeverArrives: Fault = {
  name: 'settle-never-arrives',
  number: 12,
  what: 'a settle statement is held at the proxy and dropped; the connection is reset',
  expects: 'nothing of it is stored; the worker settles the batch again',
  counts: ['flash_sale_settle_retries_total{cause="fault"}'],
  plan: unhurried,
  inject: async (stack, round) => {
    const sale = await round.sell()
    await partlySold(stack, round, sale)
    const { worker, ids } = await stuckStatement(stack, round, sale)
    if ((await storedOf(stack, sale.productId, ids)) > 0) throw new Error('the statement has arrived')
    worker.links.postgres.reset()
    await awaitSettledAgain(worker)
  },
}

export const backendTerminated: Fault = {
  name: 'backend-terminated',
  number: 13,
  what: 'a settle statement waits within Postgres for the row of its product; pg_terminate_backend of its backend',
  expects: 'it is rolled back whole; the worker settles the batch again on another connection',
  counts: ['flash_sale_settle_retries_total{cause="fault"}'],
  plan: unhurried,
  inject: async (stack, round) => {
    const sale = await round.sell()
    await partlySold(stack, round, sale)
    const row = await lockRow(stack.postgres.url, sale.productId)
    try {
      const { pid, worker } = await awaitWaitingBackend(stack.inspect)
      const [answer] = await stack.inspect.database.run(
        'terminating a backend',
        (sql) => sql<{ done: boolean }[]>`SELECT pg_terminate_backend(${pid}) AS done`,
      )
      if (!answer?.done) throw new Error('the backend was gone already')
      await awaitSettledAgain(workerNamed(stack, worker))
    } finally {
      await row.release()
    }
  },
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault, Round } from '../fault.ts'
import { claimPurchase, lockRow, type OpenTransaction } from '../row-lock.ts'
import type { Sale } from '../sale.ts'
import type { Stack } from '../stack.ts'
import { until } from '../until.ts'
import { awaitWaitingBackend, waitingBackends } from '../worker-backends.ts'
import { partlySold, unhurried, workerNamed } from './moments.ts'

/** The worker's own deadline of a statement is 6 s. */
const deadlineSeenMsMax = 12_000
const endedMsMax = 30_000

export const backendFrozen: Fault = {
  name: 'backend-frozen',
  number: 15,
  what: 'SIGSTOP of the backend of a settle statement that waits for the row of its product; SIGCONT when all are served',
  expects:
    'the statement misses its deadline, the pool is replaced, everybody is served while the backend is frozen',
  counts: ['flash_sale_settle_retries_total{cause="fault"}'],
  plan: unhurried,
  inject: async (stack, round) => {
    const sale = await round.sell()
    await partlySold(stack, round, sale)
    const row = await lockRow(stack.postgres.url, sale.productId)
    let frozen: number | undefined
    try {
      const { pid, worker } = await awaitWaitingBackend(stack.inspect)
      process.kill(pid, 'SIGSTOP')
      frozen = pid
      await row.release()
      await until('a missed deadline', round.patient(deadlineSeenMsMax), async () => {
        return (await workerNamed(stack, worker).logged('did not end within')).length > 0
      })
      const missedAt = performance.now()
      await until('everybody is served', round.patient(endedMsMax), () => sale.isOver())
      round.figure('servedAfterDeadlineMs', performance.now() - missedAt)
    } finally {
      await row.release()
      if (frozen !== undefined) process.kill(frozen, 'SIGCONT')
    }
  },
}

/**
 * Claims a purchase that no worker has settled. The workers go on meanwhile and may settle the one that was picked before
 * it is claimed: then another one is picked.
 */
const claimSomePurchase = async (stack: Stack, round: Round, sale: Sale): Promise<OpenTransaction> => {
  for (;;) {
    const stored = new Set((await stack.inspect.purchases(sale.productId)).map(({ id }) => id))
    const left = sale.buyers.filter(({ jobId }) => jobId !== undefined && !stored.has(jobId))
    const picked = round.random.pick(left)?.jobId
    if (picked === undefined) throw new Error('everything was settled already')
    const claim = await claimPurchase(stack.postgres.url, sale.productId, picked)
    if (claim) return claim
  }
}

const elsewhereMsMax = 15_000
const frozenMsMax = 9_000

export const backendFrozenWithRow: Fault = {
  name: 'backend-frozen-with-row',
  number: 15,
  what: 'SIGSTOP of the backend of a settle statement that has locked the row of its product; SIGCONT later',
  expects: `another product is served within ${elsewhereMsMax / 1000} s; the first one when the backend goes on`,
  plan: { ...unhurried, thinkMs: 20, spreadMs: 0 },
  inject: async (stack, round) => {
    const sale = await round.sell()
    await partlySold(stack, round, sale)
    await sale.awaitAccepted(sale.plan.buyers)
    const claim = await claimSomePurchase(stack, round, sale)
    let frozen: number | undefined
    try {
      const { pid } = await awaitWaitingBackend(stack.inspect)
      process.kill(pid, 'SIGSTOP')
      frozen = pid
      await claim.release()
      const before = await stack.inspect.settled(sale.productId)
      const startedAt = performance.now()
      const other = await round.sell({ buyers: 100, thinkMs: 0 })
      await other.ended
      const servedMs = performance.now() - startedAt
      round.figure('elsewhereMs', servedMs)
      if (servedMs > round.patient(elsewhereMsMax))
        round.violation(`another product was served only after ${Math.round(servedMs)} ms`)
      // Often longer than the deadline of a statement.
      await sleep(round.random.whole(0, frozenMsMax))
      if ((await stack.inspect.settled(sale.productId)) > before) throw new Error('the row was not locked')
    } finally {
      await claim.release()
      if (frozen !== undefined) process.kill(frozen, 'SIGCONT')
    }
  },
}

/** Each on a product of its own, whose row is locked: more than the connections of all workers. */
const stuckProducts = 16
/** `DATABASE_POOL_MAX` of a worker. */
const poolMax = 4
const servedMsMax = 15_000

export const poolExhausted: Fault = {
  name: 'pool-exhausted',
  number: 16,
  what: `the rows of ${stuckProducts} products are locked from outside, so that every connection of a worker waits for one`,
  expects: `another product is served within ${servedMsMax / 1000} s; the locked ones when their rows are free`,
  counts: ['flash_sale_settle_retries_total{cause="fault"}'],
  plan: { thinkMs: 0, batchMax: null, spreadMs: 0 },
  inject: async (stack, round) => {
    const rows: OpenTransaction[] = []
    try {
      for (let made = 0; made < stuckProducts; made += 1)
        await round.sell({ buyers: 12, stock: 6 }, async (productId) => {
          rows.push(await lockRow(stack.postgres.url, productId))
        })
      await until('a worker whose connections all wait', round.patient(20_000), async () => {
        const byWorker = Map.groupBy(await waitingBackends(stack.inspect), ({ worker }) => worker)
        return [...byWorker.values()].some((backends) => backends.length >= poolMax)
      })
      const startedAt = performance.now()
      const free = await round.sell({ buyers: 100 })
      await free.ended
      const servedMs = performance.now() - startedAt
      round.figure('servedMs', servedMs)
      if (servedMs > round.patient(servedMsMax))
        round.violation(`a free product was served only after ${Math.round(servedMs)} ms`)
    } finally {
      await Promise.all(rows.map((row) => row.release()))
    }
  },
}

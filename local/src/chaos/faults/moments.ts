/** The moments at which faults strike, each awaited for a limited time. */
import type { ControlledService } from '../controlled-service.ts'
import type { Round } from '../fault.ts'
import { workerOf } from '../inspection.ts'
import type { Direction, Link } from '../link.ts'
import type { SalePlan } from '../plan.ts'
import type { Sale } from '../sale.ts'
import type { Stack } from '../stack.ts'
import { until } from '../until.ts'

const momentMs = 20_000
/** A worker at the head of the line sends its statement much sooner. */
const statementMs = 3_000

/** A sale that goes on for long enough to be hit in the middle: 25 batches or more, one after the other. */
export const unhurried: Partial<SalePlan> = { batchMax: 8, thinkMs: 10 }

/** One lease takes long enough to be hit while it is held. */
export const longLeases: Partial<SalePlan> = { batchMax: 20, thinkMs: 200, spreadMs: 0 }

/** Resolves when a part of the sale is over that the seed decides: 10 to 40 % of what there is to sell. */
export const partlySold = async (stack: Stack, round: Round, sale: Sale): Promise<void> => {
  const whole = Math.min(sale.plan.buyers, sale.plan.stock)
  const count = Math.ceil((whole * round.random.whole(10, 40)) / 100)
  await until(`${count} settled purchases`, momentMs, async () => {
    return (await stack.inspect.settled(sale.productId)) >= count
  })
}

/** A worker that the seed decides. */
export const anyWorker = (stack: Stack, round: Round): ControlledService => {
  const worker = round.random.pick(stack.workers)
  if (!worker) throw new Error('there is no worker')
  return worker
}

export const workerNamed = (stack: Stack, owner: string): ControlledService => {
  const worker = stack.workers.find(({ name }) => name === workerOf(owner))
  if (!worker) throw new Error(`there is no worker ${owner}`)
  return worker
}

const purchaseId = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

/** Ids of purchases (and other UUIDs) in what a link keeps. */
const heldIds = (link: Link, direction: Direction): string[] => [
  ...new Set(link.held(direction).match(purchaseId) ?? []),
]

export interface StuckStatement {
  worker: ControlledService
  /** The purchases of its batch. */
  ids: string[]
}

/**
 * Resolves when a worker has sent a settle statement that is kept in its link to Postgres (`toServer`, still held).
 * Which worker the seed decides, among those that wait for the lock.
 */
export const stuckStatement = (stack: Stack, round: Round, sale: Sale): Promise<StuckStatement> =>
  until('a settle statement stuck on its way', momentMs, async () => {
    const waiter = round.random.pick(await stack.inspect.lockLine(sale.productId))
    if (waiter === undefined) return undefined
    const worker = workerNamed(stack, waiter)
    const link = worker.links.postgres
    link.hold('toServer')
    try {
      const ids = await until('a statement', statementMs, () => {
        const found = heldIds(link, 'toServer')
        return found.length > 0 && found
      })
      return { worker, ids }
    } catch {
      // Its turn was over before the link was held, and it has no more purchases: another one, then.
      link.deliver('toServer')
      return undefined
    }
  })

export interface Grant {
  owner: string
  holder: ControlledService
}

/** Resolves just after the lock was granted to somebody anew, while at least `waiters` stand in line. */
export const nextGrant = async (stack: Stack, sale: Sale, waiters: number): Promise<Grant> => {
  const look = () => stack.inspect.lockOwner(sale.productId)
  let before = await until('a holder of the lock', momentMs, look, 2)
  const owner = await until(
    `a new holder of the lock with ${waiters} in line`,
    momentMs,
    async () => {
      const now = await look()
      if (now === undefined || now === before) return undefined
      before = now
      return (await stack.inspect.lockLine(sale.productId)).length >= waiters && now
    },
    2,
  )
  return { owner, holder: workerNamed(stack, owner) }
}

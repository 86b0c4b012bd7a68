/** What the product locks look like now, for people who watch a sale. */
import { readFileSync } from 'node:fs'
import type { Redis } from './redis.ts'
import type { RedisKeys } from './redis-keys.ts'

/** Who holds a lock. */
export interface LockHolder {
  /** Id of the worker process: its name, a dash and eight random digits. */
  worker: string
  /** Purchases that its batch was to have when the lease was granted. */
  purchases: number
  fencingToken: number
  heldMs: number
  /** Until it ends, unless it is renewed. */
  leaseLeftMs: number
}

/** A worker in the line of a lock. */
export interface LockWaiterState {
  worker: string
  /** Purchases that its next batch would settle. */
  purchases: number
  waitedMs: number
}

export interface LockState {
  productId: number
  /** Undefined while the lock is free. */
  holder?: LockHolder
  /** In order of service, the first 50. */
  waiters: LockWaiterState[]
  /** All of them. */
  waitersInLine: number
}

export interface LockStates {
  /**
   * One look at the locks of these products: one round trip, each lock as it is at one moment.
   * @param productIds 200 are looked at, the rest is left out.
   * @throws when Redis does not answer.
   */
  read(productIds: readonly number[]): Promise<LockState[]>
}

const productsMax = 200
const waitersMax = 50

/** A waiter is called after its worker, a colon and a number. */
const workerOf = (waiter: string): string => waiter.replace(/:\d+$/, '')

const waitersOf = (rest: readonly (string | number)[], nowMs: number): LockWaiterState[] => {
  const waiters: LockWaiterState[] = []
  for (let at = 0; at + 2 < rest.length; at += 3) {
    const sinceMs = Number(rest[at + 2]) || nowMs
    waiters.push({
      worker: workerOf(String(rest[at])),
      purchases: Number(rest[at + 1]),
      waitedMs: Math.max(0, nowMs - sinceMs),
    })
  }
  return waiters
}

const stateOf = (productId: number, reply: readonly (string | number)[]): LockState => {
  const [now, leaseLeftMs, owner, token, purchases, since, inLine, ...rest] = reply
  const nowMs = Number(now)
  const state = { productId, waiters: waitersOf(rest, nowMs), waitersInLine: Number(inLine) }
  if (!owner) return state
  const holder = {
    worker: workerOf(String(owner)),
    purchases: Number(purchases),
    fencingToken: Number(token),
    heldMs: Math.max(0, nowMs - (Number(since) || nowMs)),
    leaseLeftMs: Math.max(0, Number(leaseLeftMs)),
  }
  return { ...state, holder }
}

const command = 'readLockState'

/** Prepares a connection for looking at locks. */
export const openLockStates = (redis: Redis, keys: RedisKeys): LockStates => {
  redis.defineCommand(command, {
    numberOfKeys: 3,
    readOnly: true,
    lua: readFileSync(new URL('./lock-state.lua', import.meta.url), 'utf8'),
  })

  return {
    read: async (productIds) => {
      const looked = productIds.slice(0, productsMax)
      if (looked.length === 0) return []
      const pipeline = redis.pipeline() as ReturnType<Redis['pipeline']> &
        Record<typeof command, (...keysAndArguments: (string | number)[]) => unknown>
      for (const productId of looked) {
        const { lock, line, sizes } = keys.lock(productId)
        pipeline[command](lock, line, sizes, waitersMax)
      }
      const results = (await pipeline.exec()) ?? []
      return results.map(([error, reply], index) => {
        if (error) throw error
        return stateOf(looked[index] ?? 0, reply as (string | number)[])
      })
    },
  }
}

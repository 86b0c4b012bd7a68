import { readFileSync } from 'node:fs'
import type { LockKeys } from '@flash-sale/shared/redis-keys.ts'
import type { Redis } from 'ioredis'

/** What `acquire` answered: a lease, or the place in line. */
export type AcquireReply =
  | { kind: 'granted'; token: number }
  | { kind: 'waiting'; batchesAhead: number; purchasesAhead: number; leaseLeftMs: number }

export interface AcquireRequest {
  waiter: string
  leaseMs: number
  tokenFloor: number
  silentMsMax: number
  purchases: number
}

/** The three atomic steps of the lock, each one call to Redis. All throw when Redis does not answer. */
export interface LockScripts {
  acquire(keys: LockKeys, request: AcquireRequest): Promise<AcquireReply>
  /** @returns whether this owner held the lock. */
  release(keys: LockKeys, owner: string, wakePrefix: string): Promise<boolean>
  /** @returns false when the lease is lost. */
  renew(keys: LockKeys, owner: string, leaseMs: number): Promise<boolean>
}

type Command = (...keysAndArguments: (string | number)[]) => Promise<unknown>

const source = (name: string): string => readFileSync(new URL(`./${name}.lua`, import.meta.url), 'utf8')

/** Loads the scripts; ioredis sends their hash and, where Redis does not know it, their text. */
export const lockScripts = (redis: Redis): LockScripts => {
  redis.defineCommand('lockAcquire', { numberOfKeys: 5, lua: source('acquire') })
  redis.defineCommand('lockRelease', { numberOfKeys: 4, lua: source('release') })
  redis.defineCommand('lockRenew', { numberOfKeys: 1, lua: source('renew') })
  const { lockAcquire, lockRelease, lockRenew } = redis as Redis & Record<string, Command | undefined>
  if (!lockAcquire || !lockRelease || !lockRenew) throw new Error('ioredis did not define the lock commands')

  return {
    acquire: async (keys, request) => {
      const reply = await lockAcquire.call(
        redis,
        keys.lock,
        keys.line,
        keys.heartbeats,
        keys.sizes,
        keys.counters,
        request.waiter,
        request.leaseMs,
        request.tokenFloor,
        request.silentMsMax,
        request.purchases,
      )
      const [token, batchesAhead, purchasesAhead, leaseLeftMs] = reply as [number, number, number, number]
      return token > 0
        ? { kind: 'granted', token }
        : { kind: 'waiting', batchesAhead, purchasesAhead, leaseLeftMs: Math.max(0, leaseLeftMs) }
    },
    release: async (keys, owner, wakePrefix) =>
      (await lockRelease.call(
        redis,
        keys.lock,
        keys.line,
        keys.heartbeats,
        keys.sizes,
        owner,
        wakePrefix,
      )) === 1,
    renew: async (keys, owner, leaseMs) => (await lockRenew.call(redis, keys.lock, owner, leaseMs)) === 1,
  }
}

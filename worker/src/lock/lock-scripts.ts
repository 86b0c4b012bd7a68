import { readFileSync } from 'node:fs'
import type { LockKeys } from '@flash-sale/shared/redis-keys.ts'
import type { Redis } from 'ioredis'
import type { PlaceInLine, Share } from './place-in-line.ts'

/** What `acquire` answered: a lease, or the place in line. */
export type AcquireReply =
  | { kind: 'granted'; token: number }
  | { kind: 'waiting'; place: PlaceInLine; leaseLeftMs: number }

export interface AcquireRequest extends Share {
  waiter: string
  leaseMs: number
  tokenFloor: number
  silentMsMax: number
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

/** Reads what acquire.lua returns. */
const replyOf = ([
  token = 0,
  leaseLeftMs = 0,
  purchases = 0,
  left = 0,
  waitersAhead = 0,
  ...rest
]: number[]): AcquireReply => {
  if (token > 0) return { kind: 'granted', token }
  const others: Share[] = []
  for (let at = 0; at + 1 < rest.length; at += 2)
    others.push({ purchases: rest[at] ?? 0, left: rest[at + 1] ?? 0 })
  const holder = purchases < 0 ? [] : [{ purchases, left }]
  const place = { before: [...holder, ...others.slice(0, waitersAhead)], after: others.slice(waitersAhead) }
  return { kind: 'waiting', place, leaseLeftMs: Math.max(0, leaseLeftMs) }
}

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
        request.left,
      )
      return replyOf(reply as number[])
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

import { setTimeout as delay } from 'node:timers/promises'
import { openDatabase } from '../postgres.ts'
import { openQueue, queueNames } from '../queue.ts'
import { closeRedis, openCommandRedis, type Redis, type RedisSettings } from '../redis.ts'
import { redisKeys } from '../redis-keys.ts'
import type { Check } from './check.ts'
import type { ProductTotals } from './product-rules.ts'
import { verifyGuards } from './verify-guards.ts'
import { type QueueTotals, verifyJobs } from './verify-jobs.ts'
import { verifyProducts } from './verify-products.ts'

export interface VerifyEngineOptions extends Omit<RedisSettings, 'url'> {
  databaseUrl: string
  redisUrl: string
  /** Only this product; undefined: all. */
  productId?: number | undefined
  /** For how long a failed job without outcome is still the reconciler's, ms. */
  reconciledAfterMs: number
}

export interface EngineVerdict {
  /** Whether every check holds. */
  ok: boolean
  tookMs: number
  /** undefined: all products. */
  productId: number | undefined
  checks: Check[]
  products: ProductTotals
  queue: QueueTotals
  skippedCount: number
  skipped: string[]
}

/** Why an engine could not be verified, in a sentence for a person. */
export class CouldNotVerify extends Error {
  override name = 'CouldNotVerify'
}

const reachMs = 5_000
/** Counting a database of many millions of purchases takes its time, and nobody waits for a row of it. */
const countingMs = 10 * 60_000

const placeOf = (url: string): string => {
  const { hostname, port, pathname } = new URL(url)
  return `${hostname}${port === '' ? '' : `:${port}`}${pathname.length > 1 ? pathname : ''}`
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** @throws {CouldNotVerify} when Redis does not answer in time. */
const awaitRedis = async (redis: Redis, url: string): Promise<void> => {
  let reason = `no answer within ${reachMs / 1000} s`
  redis.on('error', (error: Error) => {
    reason = error.message || error.name
  })
  const deadline = Date.now() + reachMs
  for (;;) {
    if (redis.status === 'ready') {
      try {
        return void (await redis.ping())
      } catch (error) {
        reason = reasonOf(error)
      }
    }
    if (Date.now() >= deadline) throw new CouldNotVerify(`Redis at ${placeOf(url)} cannot be asked: ${reason}`)
    await delay(25)
  }
}

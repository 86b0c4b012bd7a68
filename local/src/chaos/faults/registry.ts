import type { Fault } from '../fault.ts'
import { badConnections } from './bad-connections.ts'
import { addAnswerLost, apiKilledBeforeAnswer, finishAnswerLost } from './lost-answers.ts'
import { postgresDown, postgresKilled } from './postgres-gone.ts'
import { backendFrozen, backendFrozenWithRow, poolExhausted } from './postgres-stuck.ts'
import { redisEmptied, redisPutBack } from './redis-data-lost.ts'
import { redisFull } from './redis-full.ts'
import { redisDown, redisDownAtBoot, redisFrozen } from './redis-gone.ts'
import { ampleStock, quantityMix, restockWhileSelling, stockOfOne } from './sales.ts'
import { backendTerminated, settleAnswerLost, settleNeverArrives } from './settle-interrupted.ts'
import { stoppedWithoutRedis } from './stopped-without-redis.ts'
import { stuckProduct } from './stuck-product.ts'
import { killedAfterCommit, killedBeforeCommit, killedHolder, killedHolderAndNext } from './worker-killed.ts'
import { blockedPastJobLock, pausedPastLease } from './worker-paused.ts'
import { killedAtRandom, stalledTooOften } from './workers-recover.ts'

/** Every fault, in the order of issue 3. */
export const faults: readonly Fault[] = [
  killedBeforeCommit,
  killedAfterCommit,
  killedHolder,
  killedHolderAndNext,
  pausedPastLease,
  blockedPastJobLock,
  killedAtRandom(30_000),
  stalledTooOften,
  apiKilledBeforeAnswer,
  addAnswerLost,
  finishAnswerLost,
  settleAnswerLost,
  settleNeverArrives,
  backendTerminated,
  postgresKilled,
  backendFrozen,
  backendFrozenWithRow,
  poolExhausted,
  postgresDown(20_000),
  redisDownAtBoot,
  redisDown(20_000),
  redisFrozen,
  redisEmptied,
  redisPutBack,
  redisFull(10_000),
  badConnections,
  stoppedWithoutRedis,
  stuckProduct(5_000),
  ampleStock,
  stockOfOne,
  quantityMix,
  restockWhileSelling,
]

/** How often a fault is drawn when faults are mixed, relative to each other. */
const shares = { slow: 1, normal: 4 }

/** The list from which a round's seed draws its fault. */
export const weighted = (among: readonly Fault[]): Fault[] =>
  among.flatMap((fault) => Array.from({ length: fault.slow ? shares.slow : shares.normal }, () => fault))

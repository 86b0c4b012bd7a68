import type { Fault } from '../fault.ts'
import { addAnswerLost, apiKilledBeforeAnswer, finishAnswerLost } from './lost-answers.ts'
import { ampleStock, quantityMix, restockWhileSelling, stockOfOne } from './sales.ts'
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

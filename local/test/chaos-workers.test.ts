import { addAnswerLost, apiKilledBeforeAnswer, finishAnswerLost } from '../src/chaos/faults/lost-answers.ts'
import { ampleStock, quantityMix, restockWhileSelling, stockOfOne } from '../src/chaos/faults/sales.ts'
import { stoppedWithoutRedis } from '../src/chaos/faults/stopped-without-redis.ts'
import { stuckProduct } from '../src/chaos/faults/stuck-product.ts'
import {
  killedAfterCommit,
  killedBeforeCommit,
  killedHolderAndNext,
} from '../src/chaos/faults/worker-killed.ts'
import { pausedPastLease } from '../src/chaos/faults/worker-paused.ts'
import { describeChaos } from './chaos-rig.ts'

/** So few slots that a thousand purchases of a stuck product are more than all workers can hold. */
const env = { WORKER_CONCURRENCY: '200' }

describeChaos(
  'the engine sells exactly what there is',
  [
    ampleStock,
    stockOfOne,
    quantityMix,
    restockWhileSelling,
    addAnswerLost,
    finishAnswerLost,
    apiKilledBeforeAnswer,
    pausedPastLease,
    killedBeforeCommit,
    killedAfterCommit,
    killedHolderAndNext,
    stuckProduct(1_000),
    stoppedWithoutRedis,
  ],
  { stacks: 2, env },
)

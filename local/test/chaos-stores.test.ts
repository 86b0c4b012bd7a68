import { postgresDown, postgresKilled } from '../src/chaos/faults/postgres-gone.ts'
import { redisEmptied } from '../src/chaos/faults/redis-data-lost.ts'
import { redisFull } from '../src/chaos/faults/redis-full.ts'
import { redisDown, redisDownAtBoot } from '../src/chaos/faults/redis-gone.ts'
import {
  backendTerminated,
  settleAnswerLost,
  settleNeverArrives,
} from '../src/chaos/faults/settle-interrupted.ts'
import { describeChaos } from './chaos-rig.ts'

describeChaos(
  'the engine outlives its stores',
  [
    settleAnswerLost,
    settleNeverArrives,
    backendTerminated,
    postgresKilled,
    postgresDown(2_000),
    redisDownAtBoot,
    redisDown(2_000),
    redisEmptied,
    redisFull(2_000),
  ],
  { stacks: 1 },
)

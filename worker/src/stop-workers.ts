import { withDeadline } from '@flash-sale/shared/deadline.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import type { Worker } from 'bullmq'
import type { Batcher } from './batcher.ts'

/** How long active purchases may go on being settled, and then how long handing the rest back may take. */
const finishMs = 4_000
const handBackMs = 2_000

/**
 * Takes no more jobs, lets the active ones end, and hands the rest back to the queue after `finishMs`. With Redis
 * gone neither is possible: those jobs stall and are found by another worker.
 */
export const stopWorkers = async (
  workers: readonly Pick<Worker, 'close'>[],
  batcher: Batcher,
  redis: Pick<Redis, 'status'>,
): Promise<void> => {
  // BullMQ's own close waits for ever when Redis is away.
  const closed = Promise.all(workers.map((worker) => worker.close()))
  closed.catch(() => undefined)
  if (redis.status !== 'ready') return batcher.handBack()
  try {
    await withDeadline('finishing active purchases', finishMs, closed)
  } catch {
    batcher.handBack()
    await withDeadline('handing purchases back', handBackMs, closed)
  }
}

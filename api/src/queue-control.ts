import type { QueueState } from '@flash-sale/shared/contract/queue-state.ts'
import { withDeadline } from '@flash-sale/shared/deadline.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import type { PurchaseQueue } from './enqueue.ts'

/** Thrown when Redis does not answer: a pause or a resume may have taken effect. */
export class QueueUnavailableError extends Error {
  override name = 'QueueUnavailableError'
}

/** All queues of purchases, as one thing. */
export interface QueueControl {
  /** @throws {QueueUnavailableError} */
  state(): Promise<QueueState>
  /**
   * Stops workers from taking further purchases, or lets them go on; done twice it is done once. What they have taken is
   * settled. @throws {QueueUnavailableError}
   */
  pause(): Promise<void>
  resume(): Promise<void>
}

/** Above the connection's own deadline of a command. */
const controlDeadlineMs = 1_800

const stateOf = async (queue: PurchaseQueue): Promise<QueueState> => {
  const [paused, counts] = await Promise.all([
    queue.isPaused(),
    queue.getJobCounts('waiting', 'active', 'delayed', 'completed', 'failed'),
  ])
  const count = (state: string): number => counts[state] ?? 0
  return {
    paused,
    counts: {
      waiting: count('waiting'),
      active: count('active'),
      delayed: count('delayed'),
      completed: count('completed'),
      failed: count('failed'),
    },
  }
}

const together = (states: readonly QueueState[]): QueueState => {
  const sum = (name: keyof QueueState['counts']): number =>
    states.reduce((total, { counts }) => total + counts[name], 0)
  return {
    paused: states.every(({ paused }) => paused),
    counts: {
      waiting: sum('waiting'),
      active: sum('active'),
      delayed: sum('delayed'),
      completed: sum('completed'),
      failed: sum('failed'),
    },
  }
}

/** @param redis the connection of all `queues`: BullMQ waits without end for one that is not ready. */
export const controlQueues = (redis: Redis, queues: readonly PurchaseQueue[]): QueueControl => {
  const each = async <T>(what: string, ask: (queue: PurchaseQueue) => Promise<T>): Promise<T[]> => {
    if (redis.status !== 'ready') throw new QueueUnavailableError(`${what}: redis is ${redis.status}`)
    try {
      return await withDeadline(what, controlDeadlineMs, Promise.all(queues.map(ask)))
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new QueueUnavailableError(`${what}: ${reason}`, { cause: error })
    }
  }
  return {
    state: async () => together(await each('reading the queue', stateOf)),
    pause: async () => void (await each('pausing the queue', (queue) => queue.pause())),
    resume: async () => void (await each('resuming the queue', (queue) => queue.resume())),
  }
}

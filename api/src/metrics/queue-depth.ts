import { withDeadline } from '@flash-sale/shared/deadline.ts'
import type { Redis } from '@flash-sale/shared/redis.ts'
import { Gauge, type Registry } from 'prom-client'
import type { PurchaseQueue } from '../enqueue.ts'

const lookDeadlineMs = 1_000

const states = ['waiting', 'active', 'delayed', 'completed', 'failed'] as const

/**
 * Gauges of the queues, read from Redis when they are asked for.
 * @returns the look; it never throws and takes a second at most. While Redis does not answer there are no figures of
 * the queues, and `flash_sale_redis_reachable` says why.
 */
export const queueDepthMetrics = (
  registry: Registry,
  redis: Redis,
  queues: readonly PurchaseQueue[],
): (() => Promise<void>) => {
  const registers = [registry]
  const depth = new Gauge({
    name: 'flash_sale_queue_jobs',
    help: 'Jobs by queue and state; active ones are with a worker, finished ones are kept for a while.',
    labelNames: ['queue', 'state'],
    registers,
  })
  const paused = new Gauge({
    name: 'flash_sale_queue_paused',
    help: '1 while workers take no purchases from the queue.',
    labelNames: ['queue'],
    registers,
  })
  const reachable = new Gauge({
    name: 'flash_sale_redis_reachable',
    help: '0 while Redis does not answer this api: then figures of queues and workers are missing.',
    registers,
  })

  const look = async (queue: PurchaseQueue) => {
    const [counts, isPaused] = await Promise.all([queue.getJobCounts(...states), queue.isPaused()])
    return { queue: queue.name, counts, isPaused }
  }

  return async () => {
    depth.reset()
    paused.reset()
    reachable.set(0)
    if (redis.status !== 'ready') return
    try {
      const seen = await withDeadline('looking at the queues', lookDeadlineMs, Promise.all(queues.map(look)))
      for (const { queue, counts, isPaused } of seen) {
        for (const state of states) depth.set({ queue, state }, counts[state] ?? 0)
        paused.set({ queue }, isPaused ? 1 : 0)
      }
      reachable.set(1)
    } catch {
      // Frozen, or gone since: the gauge says so.
    }
  }
}

/** The HTTP contract of the queue as admins see it. */
import { z } from 'zod'

const countSchema = z.int().min(0)

/**
 * Answer of `GET /admin/queue`, and of pause and resume. While paused, buyers are accepted as ever and see `queued`; what
 * workers have taken already is settled.
 */
export const queueStateSchema = z
  .object({
    paused: z.boolean().describe('Whether workers take no further purchases.'),
    counts: z
      .object({
        waiting: countSchema.describe('Accepted, and taken by no worker yet.'),
        active: countSchema.describe('Held by a worker: waiting for the lock or settling.'),
        delayed: countSchema.describe(
          'Stepped back from a product that did not move, or to be tried again in a moment.',
        ),
        completed: countSchema.describe('Of those with an outcome, what the queue still remembers.'),
        failed: countSchema.describe('Jobs without an outcome that the reconciler takes care of.'),
      })
      .describe('Purchases by the state of their job, over all queues.'),
  })
  .meta({
    description: 'The queue of purchases.',
    examples: [
      { paused: false, counts: { waiting: 412, active: 500, delayed: 0, completed: 10_000, failed: 0 } },
    ],
  })
export type QueueState = z.infer<typeof queueStateSchema>

/** The HTTP contract of the queue as admins see it. */
import { z } from 'zod'

const countSchema = z.int().min(0)

/**
 * Answer of `GET /admin/queue`, and of pause and resume. While paused, buyers are accepted as ever and see `queued`; what
 * workers have taken already is settled.
 */
export const queueStateSchema = z.strictObject({
  paused: z.boolean(),
  /** Purchases by the state of their job, over all queues. */
  counts: z.strictObject({
    /** Accepted, and taken by no worker yet. */
    waiting: countSchema,
    /** Held by a worker: waiting for the lock or settling. */
    active: countSchema,
    /** Stepped back from a product that did not move, or to be tried again in a moment. */
    delayed: countSchema,
    /** Of those with an outcome, what the queue still remembers. */
    completed: countSchema,
    /** Jobs without an outcome that the reconciler takes care of. */
    failed: countSchema,
  }),
})
export type QueueState = z.infer<typeof queueStateSchema>

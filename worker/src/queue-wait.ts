import type { Job } from 'bullmq'

/**
 * How long a purchase was in the queue before a worker took it, in ms; undefined for a job that nobody took, or whose times
 * are nonsense.
 */
export const queueWaitMsOf = ({
  timestamp,
  processedOn,
}: Pick<Job, 'timestamp' | 'processedOn'>): number | undefined =>
  processedOn !== undefined && timestamp > 0 && Number.isSafeInteger(processedOn - timestamp)
    ? Math.max(0, processedOn - timestamp)
    : undefined

import type { BeforeHook } from '@bull-board/api/typings/app'
import type { AdminRole } from '@flash-sale/shared/admin-entry.ts'

/**
 * The calls of Bull Board's own API that may be made, by its patterns. Whatever is not named here is closed, so that a new
 * version brings no way to lose a purchase: nobody removes, changes, adds, promotes or empties a job there, nor touches
 * the speed of a queue or the reconciler's schedule.
 */
const reads: ReadonlySet<string> = new Set([
  '/api/redis/stats',
  '/api/queues',
  '/api/job-schedulers',
  '/api/queues/:queueName/metrics',
  '/api/queues/:queueName/default-job-options',
  '/api/queues/:queueName/workers',
  '/api/queues/:queueName/rate-limit',
  '/api/queues/:queueName/job-data-schema',
  '/api/queues/:queueName/:jobId',
  '/api/queues/:queueName/:jobId/logs',
  '/api/queues/:queueName/:jobId/flow',
])

/**
 * A retry is safe: the job's id is the key of the outcome, so that a purchase that was settled is answered with what is
 * stored (see `settle_purchases`).
 */
const operatorWrites: ReadonlySet<string> = new Set([
  '/api/queues/pause',
  '/api/queues/resume',
  '/api/queues/:queueName/pause',
  '/api/queues/:queueName/resume',
  '/api/queues/:queueName/:jobId/retry',
  '/api/queues/:queueName/retry/:queueStatus',
])

/** What may be retried all together: of completed ones there may be 10,000, and none would come to another outcome. */
const retriedTogether = 'failed'

const isAllowed = (role: AdminRole, method: string, route: string, status: unknown): boolean => {
  if (method === 'get') return reads.has(route)
  if (role !== 'operator' || method !== 'put' || !operatorWrites.has(route)) return false
  return status === undefined || status === retriedTogether
}

const refusal = {
  allow: false,
  status: 403,
  message:
    'Here an operator may pause, resume and retry; a viewer looks. Nobody removes, adds or changes a job.',
} as const

/** Bull Board itself would read as many jobs as are asked for, with all their data: in a sale hundreds of thousands. */
const jobsPerPageMax = 500

const tooManyJobs = {
  allow: false,
  status: 400,
  message: `expected jobsPerPage from 1 to ${jobsPerPageMax}`,
} as const

const isPageSize = (given: unknown): boolean =>
  given === undefined || (/^\d{1,4}$/.test(String(given)) && Number(given) <= jobsPerPageMax)

/** Refuses everything else with 403, and pages that are too large with 400, before Bull Board looks at the request. */
export const allowedCalls =
  (role: AdminRole): BeforeHook =>
  ({ method, route, request: { params, query } }) => {
    if (!isAllowed(role, method, route, params.queueStatus)) return refusal
    return isPageSize(query.jobsPerPage) ? undefined : tooManyJobs
  }

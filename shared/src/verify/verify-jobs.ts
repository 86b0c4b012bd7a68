import { setTimeout as delay } from 'node:timers/promises'
import { type Check, counted, worstMax } from './check.ts'
import type { PurchaseQueue } from './finished-jobs.ts'
import { type Finding, type JudgeJobsOptions, judgeJobs, type Suspect } from './judge-jobs.ts'

/** Jobs of all products by state. */
export interface QueueTotals {
  /** These three: accepted, no outcome yet. */
  waiting: number
  active: number
  delayed: number
  failed: number
  completed: number
  /** Of the completed and failed ones, how many were held against Postgres. */
  compared: number
}

export interface QueueVerdict {
  checks: Check[]
  totals: QueueTotals
}

const pageSize = 500
/** Of each kind; more than is kept of them (`purchaseJobRetention`), since removal is lazy. */
const jobsMax = 20_000
const suspectsMax = 1_000
/** Long enough for a job that has just ended to be put back, or for a reset to commit. */
const recheckAfterMs = 300

/** Jobs that have ended, page by page, the newest first; one that ends meanwhile may be seen in two pages. */
async function* finishedPages(queue: PurchaseQueue): AsyncGenerator<string[]> {
  for (const state of ['completed', 'failed'] as const) {
    for (let from = 0; from < jobsMax; from += pageSize) {
      const ids = await queue.getRanges([state], from, from + pageSize - 1)
      if (ids.length > 0) yield ids
      if (ids.length < pageSize) break
    }
  }
}

const verifyQueue = async (
  options: JudgeJobsOptions,
  queue: PurchaseQueue,
): Promise<{ totals: QueueTotals; suspects: Suspect[] }> => {
  const counts = await queue.getJobCounts(
    'waiting',
    'prioritized',
    'active',
    'delayed',
    'failed',
    'completed',
  )
  let compared = 0
  const ids = new Set<string>()
  for await (const page of finishedPages(queue)) {
    const judged = await judgeJobs(options, queue, page)
    compared += judged.compared
    for (const { id } of judged.suspects) if (ids.size < suspectsMax) ids.add(id)
  }
  // The queue moves while it is read: only what looks wrong twice is wrong.
  if (ids.size > 0) await delay(recheckAfterMs)
  const { suspects } = await judgeJobs(options, queue, [...ids])
  const { waiting = 0, prioritized = 0, active = 0, delayed = 0, failed = 0, completed = 0 } = counts
  return {
    totals: { waiting: waiting + prioritized, active, delayed, failed, completed, compared },
    suspects,
  }
}

const sum = (all: readonly QueueTotals[]): QueueTotals => {
  const total: QueueTotals = { waiting: 0, active: 0, delayed: 0, failed: 0, completed: 0, compared: 0 }
  for (const totals of all)
    for (const state of Object.keys(total) as (keyof QueueTotals)[]) total[state] += totals[state]
  return total
}

/**
 * Checks what is promised of accepted purchases (invariants 3 and 6): every job that has ended has an outcome in
 * Postgres, and shows that one. Jobs that wait or are being settled are counted; they have no outcome yet.
 *
 * Of a purchase whose job Redis has forgotten, or lost, nothing can be said here.
 * @throws when a store does not answer.
 */
export const verifyJobs = async (
  options: JudgeJobsOptions,
  queues: readonly PurchaseQueue[],
): Promise<QueueVerdict> => {
  const verdicts = await Promise.all(queues.map((queue) => verifyQueue(options, queue)))
  const totals = sum(verdicts.map((verdict) => verdict.totals))
  const suspects = verdicts.flatMap((verdict) => verdict.suspects)
  const checkOf = (name: string, invariant: number, found: string, findings: readonly Finding[]): Check => {
    const lines = suspects.filter(({ finding }) => findings.includes(finding)).map(({ line }) => line)
    return { name, invariant, found, violations: lines.length, worst: lines.slice(0, worstMax) }
  }
  const pending = `${totals.waiting} waiting, ${totals.active} active, ${totals.delayed} delayed: no outcome yet`
  return {
    totals,
    checks: [
      checkOf(
        'accepted',
        3,
        `${counted(totals.completed, 'completed job')}, ${totals.failed} failed, each with an outcome; ${pending}`,
        ['missing', 'left behind'],
      ),
      checkOf(
        'shown',
        6,
        `${counted(totals.compared, 'job')} compared: what buyers are shown is what Postgres has committed`,
        ['differs'],
      ),
    ],
  }
}

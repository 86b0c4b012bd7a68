import type { Job } from 'bullmq'
import type { Settlement } from './waiting-purchase.ts'

/** A wait for the lock that is worth a line. */
const slowLockWaitMs = 1_000
/** Lines a second that one worker writes, at most: in a jam every purchase waits long, and a sample tells it. */
const notesPerSMax = 20

/** The line for ops staff that a settlement earns; undefined when all went as it should. */
export const noteOf = (settlement: Settlement): string | undefined => {
  const { lockWaitMs, fencingToken, batchSize, settledAgain, lastFault } = settlement
  const parts: string[] = []
  if (lockWaitMs >= slowLockWaitMs) parts.push(`waited ${lockWaitMs} ms for the lock`)
  if (settledAgain > 0) parts.push(`its batch was settled again ${settledAgain} times (${lastFault})`)
  if (parts.length === 0) return undefined
  return `${parts.join(', ')}: settled with fencing token ${fencingToken} in a batch of ${batchSize}`
}

export interface JobNotes {
  /** Adds a line to the job's log when its settlement was slow or repeated. Returns at once and never throws. */
  write(job: Pick<Job, 'log'>, settlement: Settlement): void
}

/** @param nowMs a clock that only goes forward. */
export const createJobNotes = (nowMs: () => number = () => performance.now()): JobNotes => {
  let secondStartedMs = Number.NEGATIVE_INFINITY
  let written = 0

  const mayWrite = (): boolean => {
    if (nowMs() - secondStartedMs >= 1_000) {
      secondStartedMs = nowMs()
      written = 0
    }
    written += 1
    return written <= notesPerSMax
  }

  return {
    write: (job, settlement) => {
      const note = noteOf(settlement)
      // Only for show: it may get lost.
      if (note !== undefined && mayWrite()) job.log(note).catch(() => undefined)
    },
  }
}

/** The one error for work that did not end in time. Whether it took effect is unknown. */
export class DeadlineError extends Error {
  override name = 'DeadlineError'
  constructor(what: string, deadlineMs: number) {
    super(`${what} did not end within ${deadlineMs} ms`)
  }
}

/**
 * Waits for `work`, but no longer than `deadlineMs`. The work itself is not stopped: a late result or error is
 * dropped, so a caller must treat a missed deadline as "may have happened".
 * @throws {DeadlineError} when the time is over, or whatever `work` throws before.
 */
export const withDeadline = async <T>(what: string, deadlineMs: number, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineError(what, deadlineMs)), deadlineMs)
  })
  try {
    return await Promise.race([work, over])
  } finally {
    clearTimeout(timer)
  }
}

/** How somebody asked this process to stop. */
export interface StopRequests {
  /** Resolves at the first request, with who asked, as in `SIGINT`. */
  first: Promise<string>
  /** Resolves when a person asks again, being tired of waiting. */
  again: Promise<void>
}

/**
 * npm passes on the Ctrl-C that the terminal has sent us already: the same request twice within milliseconds. Only a
 * later one is a second wish.
 */
const echoMs = 400

/** How often to look whether npm, which tells nobody when it is killed, is still there. */
const parentCheckMs = 500

/**
 * Listens for SIGINT, SIGTERM and SIGHUP, for the end of a parent that talks to us over IPC, and, with
 * `followParent`, for the end of the parent process whatever it is.
 */
export const stopRequests = ({ followParent }: { followParent: boolean }): StopRequests => {
  const first = Promise.withResolvers<string>()
  const again = Promise.withResolvers<void>()
  let firstAt: number | undefined
  const request = (who: string) => {
    const now = performance.now()
    if (firstAt === undefined) {
      firstAt = now
      first.resolve(who)
    } else if (now - firstAt > echoMs) {
      again.resolve()
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => request(signal))
  process.once('disconnect', () => request('the process that started it is gone'))
  if (followParent) {
    const parent = process.ppid
    const check = setInterval(() => {
      if (process.ppid === parent) return
      clearInterval(check)
      request('npm is gone')
    }, parentCheckMs).unref()
  }
  return { first: first.promise, again: again.promise }
}

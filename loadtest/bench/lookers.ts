/** Somebody who looks at the engine, as far as that costs it anything. */
import { fetch } from 'undici'

export interface Lookers {
  /** Opens every page: each asks at once, and again and again. */
  open(): void
  /** Closes them. @throws when one was not served since `open`. */
  close(): Promise<void>
}

const everyMs = 5_000
const lockEvents = '/admin/locks/events'
const dashboardApi = '/admin/queues/api/queues'

/** What is asked for every five seconds: by the dashboard's page of a queue, as its own scripts do it, and by Prometheus. */
const asked = [
  `${dashboardApi}?activeQueue=purchases&status=latest&page=1&jobsPerPage=10`,
  `${dashboardApi}/purchases/metrics`,
  '/metrics',
]

/** @param token of an admin, who may only read. */
export const createLookers = (origin: string, token: string): Lookers => {
  const headers = { authorization: `Bearer ${token}` }
  const faults: string[] = []
  let asking: Promise<void>[] = []
  let closing = new AbortController()
  let timer: NodeJS.Timeout | undefined

  const ask = async (path: string): Promise<void> => {
    try {
      const answer = await fetch(origin + path, { headers })
      await answer.text()
      if (answer.status !== 200) faults.push(`GET ${path}: expected 200, got ${answer.status}`)
    } catch (error) {
      faults.push(`GET ${path}: ${(error as Error).message}`)
    }
  }
  /** The lock page, which is told what is new until it is closed. */
  const follow = async (signal: AbortSignal): Promise<void> => {
    try {
      const answer = await fetch(origin + lockEvents, { headers, signal })
      if (answer.status !== 200) faults.push(`GET ${lockEvents}: expected 200, got ${answer.status}`)
      await answer.text()
      faults.push(`GET ${lockEvents}: expected events until it is closed, got an end`)
    } catch (error) {
      if (!signal.aborted) faults.push(`GET ${lockEvents}: ${(error as Error).message}`)
    }
  }
  const askAll = (): void => {
    asking = [...asking, ...asked.map(ask)]
  }

  return {
    open: () => {
      closing = new AbortController()
      asking.push(follow(closing.signal))
      askAll()
      timer = setInterval(askAll, everyMs)
    },
    close: async () => {
      clearInterval(timer)
      closing.abort()
      await Promise.all(asking.splice(0))
      if (faults.length > 0) throw new Error(faults.splice(0).slice(0, 3).join('; '))
    },
  }
}

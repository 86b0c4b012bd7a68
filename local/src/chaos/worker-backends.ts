import type { Inspection } from './inspection.ts'
import { until } from './until.ts'

/** A process of Postgres that serves a worker. */
export interface Backend {
  pid: number
  worker: string
}

const seenMsMax = 15_000

/** Backends of workers that wait for a row within a settlement, right now. */
export const waitingBackends = (inspect: Inspection): Promise<Backend[]> =>
  inspect.database.run(
    'looking for waiting backends',
    // Workers name their sessions after themselves (worker/src/start-worker.ts).
    (sql) => sql<Backend[]>`
      SELECT pid, substr(application_name, length('flash-sale ') + 1) AS worker FROM pg_stat_activity
       WHERE application_name LIKE 'flash-sale worker-%' AND wait_event_type = 'Lock'
         AND query LIKE '%settle_purchases%'
       ORDER BY query_start`,
  )

/** Resolves when a settlement waits for a row. @returns the one that has waited longest. */
export const awaitWaitingBackend = (inspect: Inspection): Promise<Backend> =>
  until('a settlement that waits for a row', seenMsMax, async () => (await waitingBackends(inspect))[0])

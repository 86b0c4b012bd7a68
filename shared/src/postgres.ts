/**
 * The pool of Postgres connections, with a deadline around every call.
 *
 * postgres.js has none of its own: a frozen backend or an exhausted pool would wait for ever. A missed deadline
 * therefore also replaces the pool, since the connection that swallowed the statement never comes back by itself
 * (measured: with the backend stopped by SIGSTOP, a pool of 4 was gone after 4 calls).
 */
import postgres from 'postgres'
import { DeadlineError, withDeadline } from './deadline.ts'
import { arrayTypes } from './postgres-arrays.ts'

export type Sql = postgres.Sql

export interface DatabaseOptions {
  url: string
  /** Shown in `pg_stat_activity`. */
  name: string
  /** A hot row gets slower with more connections than cores: keep it small. */
  connectionsMax: number
  /** Longest wait for one call, queueing for a connection included. */
  deadlineMs: number
  /** Longest time that Postgres spends on one statement, ms; default 5,000. */
  statementMs?: number
  /**
   * Its statements look up rows by key, whatever the size of the tables: no scan of a whole table is planned where an index
   * will do, not even while the tables are small. A session keeps such a plan when they are not small any more.
   */
  byKey?: boolean
}

/** Thrown for every call that Postgres did not answer: whether a write took effect is unknown. */
export class DatabaseUnavailableError extends Error {
  override name = 'DatabaseUnavailableError'
}

export interface Database {
  /**
   * Runs one statement.
   * @throws {DatabaseUnavailableError} when it could not be sent or was not answered in time (unknown commit).
   * @throws {postgres.PostgresError} when Postgres refused it; what postgres.js throws for a call that is wrong in itself.
   */
  run<T>(what: string, statement: (sql: Sql) => Promise<T>): Promise<T>
  /** Ends the pool; statements in flight get `timeoutMs` to finish. */
  close(timeoutMs: number): Promise<void>
}

export interface DatabasePool extends Database {
  /** Calls that run or wait for a connection now. */
  callsUnderWay(): number
  connectionsMax: number
}

/** Server-side limits of every session, in milliseconds: all are 0 (none) in a stock Postgres. */
const sessionLimits = {
  statement_timeout: 5_000,
  lock_timeout: 2_000,
  idle_in_transaction_session_timeout: 5_000,
  client_connection_check_interval: 1_000,
}

/**
 * SQLSTATE classes that speak of the server's state, not of the statement: 08 connection, 25 wrong transaction
 * state (a standby), 28 it does not take our password, 3D it has no such database, 40 rolled back by a conflict, 53 out
 * of resources, 55 lock not available, 57 operator intervention, 58 system error, XX internal.
 */
const serverFault = /^(08|25|28|3D|40|53|55|57|58|XX)/

/** What postgres.js says of a call that was written wrongly: no store is at fault, and trying again helps nobody. */
const misuse = /^(UNDEFINED_VALUE|NOT_TAGGED_CALL|MAX_PARAMETERS_EXCEEDED|UNSAFE_TRANSACTION)$/

const codeOf = (error: unknown): string => String((error as { code?: unknown } | undefined)?.code ?? '')

/** Whether the caller is to see the error as it is: an answer of Postgres about the statement, or a bug of ours. */
const isForCaller = (error: unknown): boolean =>
  error instanceof postgres.PostgresError ? !serverFault.test(error.code) : misuse.test(codeOf(error))

const closeQuietly = (sql: Sql, timeoutMs: number): Promise<void> =>
  sql.end({ timeout: timeoutMs / 1000 }).catch(() => undefined)

/** Opens a pool; nothing is connected before the first call, so a database that is down does not stop a start. */
export const openDatabase = (options: DatabaseOptions): DatabasePool => {
  const connect = (): Sql =>
    postgres(options.url, {
      max: options.connectionsMax,
      connect_timeout: Math.max(1, Math.ceil(options.deadlineMs / 1000)),
      // postgres.js backs off up to 20 s by itself; the callers here have a backoff of their own.
      backoff: (attempt) => Math.min(0.05 * 2 ** attempt, 0.5),
      idle_timeout: 60,
      max_lifetime: 30 * 60,
      onnotice: () => undefined,
      fetch_types: false,
      types: arrayTypes,
      connection: {
        application_name: options.name,
        ...sessionLimits,
        statement_timeout: options.statementMs ?? sessionLimits.statement_timeout,
        ...(options.byKey ? { enable_seqscan: 'off' } : {}),
      },
    })
  let sql = connect()
  let closed = false
  let underWay = 0

  const replacePool = (broken: Sql): void => {
    if (closed || sql !== broken) return
    sql = connect()
    void closeQuietly(broken, 0)
  }

  return {
    run: async (what, statement) => {
      if (closed) throw new DatabaseUnavailableError(`${what}: the pool is closed`)
      const pool = sql
      underWay += 1
      try {
        return await withDeadline(what, options.deadlineMs, Promise.resolve(statement(pool)))
      } catch (error) {
        if (isForCaller(error)) throw error
        if (error instanceof DeadlineError) replacePool(pool)
        throw new DatabaseUnavailableError(
          `${what}: ${error instanceof Error ? error.message : String(error)}`,
          {
            cause: error,
          },
        )
      } finally {
        underWay -= 1
      }
    },
    callsUnderWay: () => underWay,
    connectionsMax: options.connectionsMax,
    close: async (timeoutMs) => {
      closed = true
      await closeQuietly(sql, timeoutMs)
    },
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { Sql } from 'postgres'
import { childrenOf } from './child-processes.ts'

/** What to look for: everything that belongs to one test file. */
export interface LeakScope {
  sql: Sql
  database: string
  redis: Redis
  keyPrefix: string
  /** Children of this process that were there before the file's tests. */
  childrenBefore: ReadonlySet<number>
}

const connectionLeaks = async ({ sql, database }: LeakScope): Promise<string[]> => {
  const rows = await sql<{ pid: number; application_name: string; query: string }[]>`
    SELECT pid, application_name, left(query, 80) AS query FROM pg_stat_activity WHERE datname = ${database}`
  return rows.map((row) => `Postgres connection "${row.application_name}" (last statement: ${row.query})`)
}

const clientLeaks = async ({ redis, keyPrefix }: LeakScope): Promise<string[]> => {
  const list = String(await redis.client('LIST'))
  const names = [...list.matchAll(/ name=(\S+)/g)].map((match) => match[1] ?? '')
  return names.filter((name) => name.startsWith(keyPrefix)).map((name) => `Redis connection "${name}"`)
}

const leaseLeaks = async ({ redis, keyPrefix }: LeakScope): Promise<string[]> => {
  const keys = await redis.keys(`${keyPrefix}lock:*`)
  return keys.map((key) => `product lock "${key}", still held`)
}

const childLeaks = async ({ childrenBefore }: LeakScope): Promise<string[]> => {
  const children = await childrenOf(process.pid)
  return children
    .filter((child) => !childrenBefore.has(child.pid))
    .map((child) => `process ${child.pid} (${child.command})`)
}

/**
 * What a test file has left open: connections of its database, Redis clients named with its prefix, leases of
 * products, child processes. Closing takes a moment, so it looks again until all is gone or `patienceMs` are over.
 */
export const findLeaks = async (scope: LeakScope, patienceMs: number): Promise<string[]> => {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const found = await Promise.all(
      [connectionLeaks, clientLeaks, leaseLeaks, childLeaks].map((look) => look(scope)),
    )
    const leaks = found.flat()
    if (leaks.length === 0 || Date.now() >= deadline) return leaks
    await sleep(50)
  }
}

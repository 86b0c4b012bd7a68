import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Redis } from 'ioredis'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isolatedStores } from './isolated-stores.ts'
import { findLeaks, type LeakScope } from './leaks.ts'

const stores = isolatedStores()
const database = new URL(stores.databaseUrl).pathname.slice(1)
const maintenance = new URL(stores.databaseUrl)
maintenance.pathname = '/postgres'
const sql = postgres(maintenance.href, { max: 1 })
const redis = new Redis(stores.redisUrl, { lazyConnect: true })
const scope: LeakScope = { sql, database, redis, keyPrefix: stores.keyPrefix, childrenBefore: new Set() }

beforeAll(() => redis.connect())
afterAll(async () => {
  redis.disconnect()
  await sql.end()
})

const leaks = (): Promise<string[]> => findLeaks(scope, 0)
const none = (): Promise<string[]> => findLeaks(scope, 10_000)

test('nothing open, nothing found', async () => {
  expect(await none()).toEqual([])
})

test('a connection of the database', async () => {
  const leak = postgres(stores.databaseUrl, { max: 1, connection: { application_name: 'left open' } })
  await leak`SELECT 1`
  expect(await leaks()).toEqual([expect.stringContaining('Postgres connection "left open"')])
  await leak.end()
  expect(await none()).toEqual([])
})

test('a Redis client with the prefix in its name', async () => {
  const leak = new Redis(stores.redisUrl, { connectionName: `${stores.keyPrefix}worker` })
  await leak.ping()
  expect(await leaks()).toEqual([`Redis connection "${stores.keyPrefix}worker"`])
  leak.disconnect()
  expect(await none()).toEqual([])
})

test('a lease', async () => {
  const key = `${stores.keyPrefix}lock:product:1`
  await redis.hset(key, 'owner', 'gone')
  expect(await leaks()).toEqual([`product lock "${key}", still held`])
  await redis.del(key)
  expect(await none()).toEqual([])
})

test('a child process', async () => {
  const child = spawn('sleep', ['60'])
  await once(child, 'spawn')
  expect(await leaks()).toEqual([expect.stringContaining(`process ${child.pid}`)])
  child.kill('SIGKILL')
  expect(await none()).toEqual([])
})

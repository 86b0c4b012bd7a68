/** The pool on connections that break at every possible moment; an unhandled rejection would fail the file. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { expect, test } from 'vitest'
import { type Database, DatabaseUnavailableError, openDatabase } from './postgres.ts'

const stores = isolatedStores()

/** A way to Postgres that is reset when a connection has sent so many times. */
const openCut = async (sendsMax: number) => {
  const { hostname, port } = new URL(stores.databaseUrl)
  const server = createServer((client) => {
    const store = connect(Number(port), hostname)
    let sends = 0
    client.on('data', (bytes) => {
      sends += 1
      if (sends <= sendsMax) return void store.write(bytes)
      client.resetAndDestroy()
      store.destroy()
    })
    store.on('data', (bytes) => client.write(bytes))
    for (const [one, other] of [[client, store] as const, [store, client] as const])
      one.on('error', () => undefined).on('close', () => other.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(stores.databaseUrl)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url: url.href, close: () => new Promise((resolve) => server.close(resolve)) }
}

const withDatabase = async (url: string, use: (database: Database) => Promise<void>): Promise<void> => {
  const database = openDatabase({
    url,
    name: 'postgres test',
    connectionsMax: 1,
    deadlineMs: 5_000,
    statementMs: 300,
  })
  try {
    await use(database)
  } finally {
    await database.close(1_000)
  }
}

// Connecting takes three: start-up, password, proof. Then the statement: describe, execute.
test.each([0, 1, 2, 3, 4])(
  'a connection that is lost after %i packets fails the call and nothing else',
  async (sends) => {
    const cut = await openCut(sends)
    await withDatabase(cut.url, async (database) => {
      const call = database.run('asking', (sql) => sql`SELECT ${1}::integer AS one`)
      await expect(call).rejects.toThrow(DatabaseUnavailableError)
    })
    await cut.close()
  },
)

test('arrays arrive as they were', async () => {
  const texts = [
    '',
    'null',
    'NULL',
    'a,b',
    '{}',
    '"quoted"',
    'back\\slash',
    '\\"',
    ' space ',
    'Ω🛒',
    'line\nbreak',
  ]
  const ids = texts.map(() => crypto.randomUUID())
  const numbers = texts.map((_, index) => index - 5)
  await withDatabase(stores.databaseUrl, async (database) => {
    const rows = await database.run(
      'asking',
      (sql) => sql`
        SELECT * FROM unnest(${texts}::text[], ${ids}::uuid[], ${numbers}::integer[]) AS row(text, id, number)`,
    )
    expect(rows.map(({ text }) => text)).toEqual(texts)
    expect(rows.map(({ id }) => id)).toEqual(ids)
    expect(rows.map(({ number }) => number)).toEqual(numbers)
    const empty = await database.run('asking', (sql) => sql`SELECT * FROM unnest(${[]}::uuid[])`)
    expect(empty).toHaveLength(0)
  })
})

test('a pool that looks up by key plans no scan of a table that has an index', async () => {
  const options = { url: stores.databaseUrl, name: 'postgres test', connectionsMax: 1, deadlineMs: 5_000 }
  for (const byKey of [true, false]) {
    const database = openDatabase({ ...options, byKey })
    const [row] = await database.run('asking', (sql) => sql`SHOW enable_seqscan`)
    expect(row).toEqual({ enable_seqscan: byKey ? 'off' : 'on' })
    await database.close(1_000)
  }
})

test('a statement that Postgres refuses is an answer, one that takes too long is none', async () => {
  await withDatabase(stores.databaseUrl, async (database) => {
    await expect(database.run('asking', (sql) => sql`SELECT 1 / 0`)).rejects.toMatchObject({ code: '22012' })
  })
  const database = openDatabase({
    url: stores.databaseUrl,
    name: 'postgres test',
    connectionsMax: 1,
    deadlineMs: 200,
  })
  const slow = database.run('sleeping', (sql) => sql`SELECT pg_sleep(1)`)
  await expect(slow).rejects.toThrow('did not end within 200 ms')
  // The pool was replaced: the connection that sleeps is not waited for.
  expect(await database.run('asking', (sql) => sql`SELECT 1 AS one`)).toEqual([{ one: 1 }])
  await database.close(1_000)
})

test('a call that is wrong in itself is the caller’s bug, not a database that is away', async () => {
  await withDatabase(stores.databaseUrl, async (database) => {
    const missing: Record<string, string> = {}
    const call = database.run('asking', (sql) => sql`SELECT ${missing.value as string}::text AS nothing`)
    await expect(call).rejects.toThrow(/UNDEFINED_VALUE/)
    await expect(database.run('asking', (sql) => sql`SELECT 1/0`)).rejects.toMatchObject({ code: '22012' })
    await expect(database.run('asking', (sql) => sql`SELECT pg_sleep(10)`)).rejects.toThrow(
      DatabaseUnavailableError,
    )
  })
})

import { fileURLToPath } from 'node:url'
import Postgrator from 'postgrator'
import postgres from 'postgres'

/** The number of the newest migration; `readyz` compares it with what the database has. */
export const schemaVersion = 8

const migrations = fileURLToPath(new URL('./migrations/*.sql', import.meta.url))

/** Any number that no other user of the same database locks. */
const advisoryLock = 6_032_026

/**
 * Brings the database to `schemaVersion`. Safe to run from many machines at once: they take turns.
 * @throws when the database cannot be reached within 10 s, or a migration fails (its transaction is rolled back).
 */
export const migrate = async (databaseUrl: string): Promise<void> => {
  const sql = postgres(databaseUrl, { max: 1, connect_timeout: 10, onnotice: () => undefined })
  try {
    await sql`SET lock_timeout = '60s'`
    await sql`SELECT pg_advisory_lock(${advisoryLock})`
    const postgrator = new Postgrator({
      driver: 'pg',
      migrationPattern: migrations,
      schemaTable: 'schema_version',
      validateChecksums: true,
      execQuery: async (query) => ({ rows: await sql.unsafe(query) }),
    })
    await postgrator.migrate(String(schemaVersion).padStart(3, '0'))
  } finally {
    await sql.end({ timeout: 5 })
  }
}

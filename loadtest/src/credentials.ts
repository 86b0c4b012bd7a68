import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { CouldNotRun } from './could-not-run.ts'
import type { Credentials } from './options.ts'
import { isRecord } from './problem.ts'

const fileOf = (dataDir: string): string => join(dataDir, 'admin.json')

/**
 * The credentials that `npm start` keeps in `admin.json`; undefined when there is no such file to read.
 * Throws CouldNotRun when it holds something else.
 */
export async function readAdminFile(dataDir: string): Promise<Credentials | undefined> {
  let text: string
  try {
    text = await readFile(fileOf(dataDir), 'utf8')
  } catch {
    return undefined
  }
  const credentials = credentialsIn(text)
  if (!credentials)
    throw new CouldNotRun(`expected {"user":"…","password":"…"} in ${fileOf(dataDir)}, got something else`)
  return credentials
}

function credentialsIn(text: string): Credentials | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isRecord(value) || typeof value.user !== 'string' || typeof value.password !== 'string')
    return undefined
  return { user: value.user, password: value.password }
}

/** Finds the admin credentials: the command line, then the environment and `.env`, then `admin.json`. */
export async function findCredentials(given: Credentials | undefined, config: Config): Promise<Credentials> {
  if (given) return given
  const { adminUser, adminPassword, dataDir } = config
  if (adminUser !== undefined && adminPassword !== undefined)
    return { user: adminUser, password: adminPassword }
  const kept = await readAdminFile(dataDir)
  if (kept) return kept
  throw new CouldNotRun(
    `no admin credentials: none in ${fileOf(dataDir)}, and ADMIN_USER and ADMIN_PASSWORD are not both set`,
    'give them as --admin user:password',
  )
}

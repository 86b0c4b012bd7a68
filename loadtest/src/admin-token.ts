import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { CouldNotRun } from './could-not-run.ts'
import { isRecord } from './problem.ts'

const fileOf = (dataDir: string): string => join(dataDir, 'admin.json')

/**
 * The token that `npm start` keeps in `admin.json`; undefined when there is no such file to read.
 * Throws CouldNotRun when it holds something else.
 */
export async function readAdminFile(dataDir: string): Promise<string | undefined> {
  let text: string
  try {
    text = await readFile(fileOf(dataDir), 'utf8')
  } catch {
    return undefined
  }
  const token = tokenIn(text)
  if (token === undefined)
    throw new CouldNotRun(`expected {"name":"…","token":"…"} in ${fileOf(dataDir)}, got something else`)
  return token
}

function tokenIn(text: string): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return isRecord(value) && typeof value.token === 'string' ? value.token : undefined
}

/** Finds the admin's token: on the command line, then in the environment and `.env`, then in `admin.json`. */
export async function findAdminToken(given: string | undefined, config: Config): Promise<string> {
  const token = given ?? config.adminToken ?? (await readAdminFile(config.dataDir))
  if (token !== undefined) return token
  throw new CouldNotRun(
    `no admin token: none in ${fileOf(config.dataDir)}, and ADMIN_TOKEN is not set`,
    'give it as --admin TOKEN',
  )
}

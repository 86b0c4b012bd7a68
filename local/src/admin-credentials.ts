import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newAdminToken } from '@flash-sale/shared/admin-entry.ts'
import { z } from 'zod'
import type { AdminCredentials } from './engine.ts'
import { StartError } from './start-error.ts'

const schema = z.object({ name: z.string().min(1), token: z.string().min(16) })
/** What was kept while admins had passwords: too short for a token, so it is replaced. */
const formerSchema = z.object({ user: z.string(), password: z.string() })

/** Not `admin`: the operator may have given that name to an entry of his own in `ADMIN_TOKENS`. */
const localName = 'local'

const readCredentials = async (file: string): Promise<AdminCredentials | undefined> => {
  const content = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new StartError(`${file} cannot be read: ${error.message}`)
  })
  if (content === undefined) return undefined
  try {
    const value: unknown = JSON.parse(content)
    return formerSchema.safeParse(value).success ? undefined : schema.parse(value)
  } catch {
    throw new StartError(
      `${file}: expected { "name": …, "token": … }, got something else. Delete it to get new ones.`,
    )
  }
}

/**
 * The token of this machine's admin: as kept in `admin.json`, else a new one, which is then kept there (mode 0600),
 * where the load test finds it.
 * @throws {StartError} when `admin.json` is there but cannot be used.
 */
export const adminCredentials = async (dataDirectory: string): Promise<AdminCredentials> => {
  const file = join(dataDirectory, 'admin.json')
  const credentials = (await readCredentials(file)) ?? { name: localName, token: newAdminToken() }
  // Renamed into place: nobody reads half a file, and one with a looser mode does not stay.
  const unfinished = `${file}.${process.pid}`
  await writeFile(unfinished, `${JSON.stringify(credentials)}\n`, { mode: 0o600 })
  await rename(unfinished, file)
  return credentials
}

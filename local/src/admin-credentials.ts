import { randomBytes } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { AdminCredentials } from './engine.ts'
import { StartError } from './start-error.ts'

const schema = z.object({ user: z.string().min(1), password: z.string().min(1) })

const readCredentials = async (file: string): Promise<AdminCredentials | undefined> => {
  const content = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new StartError(`${file} cannot be read: ${error.message}`)
  })
  if (content === undefined) return undefined
  try {
    return schema.parse(JSON.parse(content))
  } catch {
    throw new StartError(
      `${file}: expected { "user": …, "password": … }, got something else. Delete it to get new ones.`,
    )
  }
}

/**
 * The admin credentials: as given, else as kept in `admin.json`, else user `admin` with a new password. They are kept
 * there (mode 0600), where the load test finds them.
 * @throws {StartError} when `admin.json` is there but cannot be used.
 */
export const adminCredentials = async (
  dataDirectory: string,
  given: { user: string | undefined; password: string | undefined },
): Promise<AdminCredentials> => {
  const file = join(dataDirectory, 'admin.json')
  const complete = given.user !== undefined && given.password !== undefined
  const kept = complete ? undefined : await readCredentials(file)
  const credentials = {
    user: given.user ?? kept?.user ?? 'admin',
    password: given.password ?? kept?.password ?? randomBytes(15).toString('base64url'),
  }
  // Renamed into place: nobody reads half a file, and one with a looser mode does not stay.
  const unfinished = `${file}.${process.pid}`
  await writeFile(unfinished, `${JSON.stringify(credentials)}\n`, { mode: 0o600 })
  await rename(unfinished, file)
  return credentials
}

import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { adminCredentials } from './admin-credentials.ts'

let directory: string
let file: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'admin-credentials-'))
  file = join(directory, 'admin.json')
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const kept = async (): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'))
const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777

test('the first start makes a token that only the owner can read', async () => {
  const credentials = await adminCredentials(directory)
  expect(credentials.name).toBe('local')
  expect(credentials.token).toMatch(/^[\w-]{32}$/)
  expect(await kept()).toEqual(credentials)
  expect(await modeOf(file)).toBe(0o600)
})

test('the next start uses the same', async () => {
  const first = await adminCredentials(directory)
  expect(await adminCredentials(directory)).toEqual(first)
})

test('a password of before is replaced by a token', async () => {
  await writeFile(file, '{"user":"admin","password":"short"}')
  const credentials = await adminCredentials(directory)
  expect(credentials.token).toMatch(/^[\w-]{32}$/)
  expect(await kept()).toEqual(credentials)
})

test('a file that others could read is closed', async () => {
  await writeFile(file, '{"name":"local","token":"a-token-of-its-own"}')
  await chmod(file, 0o644)
  await adminCredentials(directory)
  expect(await modeOf(file)).toBe(0o600)
})

test.each(['', 'not json', '{"name":"local"}', '{"name":"local","token":"short"}', '[]'])(
  'a file with %j is refused, not overwritten',
  async (content) => {
    await writeFile(file, content)
    await expect(adminCredentials(directory)).rejects.toThrow(/admin\.json: expected/)
    expect(await readFile(file, 'utf8')).toBe(content)
  },
)

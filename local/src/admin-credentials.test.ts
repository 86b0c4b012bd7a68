import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { adminCredentials } from './admin-credentials.ts'

const nothing = { user: undefined, password: undefined }
let directory: string
let file: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'admin-credentials-'))
  file = join(directory, 'admin.json')
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const kept = async (): Promise<unknown> => JSON.parse(await readFile(file, 'utf8'))
const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777

test('the first start makes a password that only the owner can read', async () => {
  const credentials = await adminCredentials(directory, nothing)
  expect(credentials.user).toBe('admin')
  expect(credentials.password).toMatch(/^[\w-]{20}$/)
  expect(await kept()).toEqual(credentials)
  expect(await modeOf(file)).toBe(0o600)
})

test('the next start uses the same', async () => {
  const first = await adminCredentials(directory, nothing)
  expect(await adminCredentials(directory, nothing)).toEqual(first)
})

test('given ones win and are kept, where the load test finds them', async () => {
  await adminCredentials(directory, nothing)
  const given = { user: 'ops', password: 'a long secret' }
  expect(await adminCredentials(directory, given)).toEqual(given)
  expect(await kept()).toEqual(given)
})

test('a given user gets the password that is kept', async () => {
  const { password } = await adminCredentials(directory, nothing)
  expect(await adminCredentials(directory, { user: 'ops', password: undefined })).toEqual({
    user: 'ops',
    password,
  })
})

test('a file that others could read is closed', async () => {
  await writeFile(file, '{"user":"admin","password":"secret"}')
  await chmod(file, 0o644)
  await adminCredentials(directory, nothing)
  expect(await modeOf(file)).toBe(0o600)
})

test.each(['', 'not json', '{"user":"admin"}', '[]'])(
  'a file with %j is refused, not overwritten',
  async (content) => {
    await writeFile(file, content)
    await expect(adminCredentials(directory, nothing)).rejects.toThrow(/admin\.json: expected/)
    expect(await readFile(file, 'utf8')).toBe(content)
  },
)

import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { emptyStores, lockDataDirectory, removeEngineFacts, writeEngineFacts } from './data-directory.ts'

let parent: string

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'data-directory-'))
})
afterEach(() => rm(parent, { recursive: true, force: true }))

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

test.each([
  ['a short path', 'data'],
  ['a path longer than the name of a socket may be', join('d'.repeat(120), 'data')],
])('%s is locked once', async (_, name) => {
  const directory = join(parent, name)
  const data = await lockDataDirectory(directory, 'process 17, http://localhost:3000')
  expect((await stat(directory)).mode & 0o777).toBe(0o700)
  await expect(lockDataDirectory(directory, 'second')).rejects.toThrow(
    /already runs.*process 17, http:\/\/localhost:3000/,
  )
  await data.unlock()
  const again = await lockDataDirectory(directory, 'third')
  await again.unlock()
})

test('two directories have two locks', async () => {
  const [one, other] = await Promise.all([
    lockDataDirectory(join(parent, 'one'), ''),
    lockDataDirectory(join(parent, 'other'), ''),
  ])
  await Promise.all([one.unlock(), other.unlock()])
})

test('a place that cannot be a directory gives one clear line', async () => {
  await writeFile(join(parent, 'file'), '')
  await expect(lockDataDirectory(join(parent, 'file'), '')).rejects.toThrow(
    /Expected a data directory.*DATA_DIR/,
  )
})

test('emptying removes the stores and nothing else', async () => {
  const data = await lockDataDirectory(join(parent, 'data'), '')
  await mkdir(join(data.path, 'postgres/cluster'), { recursive: true })
  await mkdir(join(data.path, 'redis/data'), { recursive: true })
  await writeFile(join(data.path, 'admin.json'), '{}')
  await emptyStores(data)
  expect(await exists(join(data.path, 'postgres'))).toBe(false)
  expect(await exists(join(data.path, 'redis'))).toBe(false)
  expect(await exists(join(data.path, 'admin.json'))).toBe(true)
  await data.unlock()
})

test('engine.json can be read by its owner only, and goes', async () => {
  const data = await lockDataDirectory(join(parent, 'data'), '')
  await writeEngineFacts(data, {
    pid: 1,
    url: 'http://localhost',
    databaseUrl: 'postgres://',
    redisUrl: 'redis://',
  })
  expect((await stat(join(data.path, 'engine.json'))).mode & 0o777).toBe(0o600)
  await removeEngineFacts(data)
  expect(await exists(join(data.path, 'engine.json'))).toBe(false)
  await data.unlock()
})

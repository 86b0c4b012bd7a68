import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findAdminToken } from './admin-token.ts'
import { readConfig, repositoryRoot } from './config.ts'

/** A folder with the given files, gone after the test. */
const folderWith = async (files: Record<string, string>): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'loadtest-config-'))
  onTestFinished(() => rm(path, { recursive: true }))
  await mkdir(join(path, 'data'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text)
  return path
}

const kept = { 'data/admin.json': '{"name":"local","token":"kept"}' }
const dotEnv = { '.env': 'ADMIN_TOKEN=dotenv\n' }
const environment = { ADMIN_TOKEN: 'env' }
const given = 'given'

test.each([
  ['the command line first', given, environment, { ...kept, ...dotEnv }, 'given'],
  ['then the environment', undefined, environment, { ...kept, ...dotEnv }, 'env'],
  ['then .env', undefined, {}, { ...kept, ...dotEnv }, 'dotenv'],
  ['then admin.json', undefined, {}, kept, 'kept'],
  ['empty is not given', undefined, { ADMIN_TOKEN: '' }, kept, 'kept'],
])('%s', async (_name, admin, variables, files, token) => {
  const folder = await folderWith(files)
  const config = readConfig({ DATA_DIR: join(folder, 'data'), ...variables }, join(folder, '.env'))
  expect(await findAdminToken(admin, config)).toBe(token)
})

test('none anywhere, and a file that holds something else', async () => {
  const [empty, broken] = [await folderWith({}), await folderWith({ 'data/admin.json': '["secret"]' })]
  const configOf = (folder: string) => readConfig({ DATA_DIR: join(folder, 'data') }, join(folder, '.env'))
  await expect(findAdminToken(undefined, configOf(empty))).rejects.toThrow(
    /no admin token: none in .*admin\.json/,
  )
  const failure = findAdminToken(undefined, configOf(broken))
  await expect(failure).rejects.toThrow(/expected \{"name":"…","token":"…"\} in .*, got something else$/)
  await expect(failure).rejects.not.toThrow(/secret/)
})

test('the data folder lies in the repository unless it is absolute', () => {
  expect(readConfig({}, '/nowhere').dataDir).toBe(join(repositoryRoot, '.data'))
  expect(readConfig({ DATA_DIR: 'x' }, '/nowhere').dataDir).toBe(join(repositoryRoot, 'x'))
  expect(readConfig({ DATA_DIR: '/x' }, '/nowhere').dataDir).toBe('/x')
})

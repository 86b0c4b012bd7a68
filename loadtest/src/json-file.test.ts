import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openJsonFile } from './json-file.ts'

const directory = async (): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'loadtest-json-'))
  onTestFinished(() => rm(path, { recursive: true }))
  return path
}

const opened = async (path: string) => {
  const result = await openJsonFile(path)
  if (!result.ok) throw new Error(result.reason)
  return result.file
}

test('replaces the file as a whole, and leaves nothing else', async () => {
  const at = await directory()
  const path = join(at, 'out.json')
  await writeFile(path, 'before')
  const file = await opened(path)
  expect(await readFile(path, 'utf8')).toBe('before')
  await file.write({ sold: 100 })
  await file.discard()
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ sold: 100 })
  expect(await readdir(at)).toEqual(['out.json'])
})

test('a run that fails leaves the file as it was', async () => {
  const at = await directory()
  const path = join(at, 'out.json')
  await writeFile(path, 'before')
  await (await opened(path)).discard()
  expect(await readFile(path, 'utf8')).toBe('before')
  expect(await readdir(at)).toEqual(['out.json'])
})

test.each([
  ['a directory', (at: string) => at],
  ['a folder that is not there', (at: string) => join(at, 'none', 'out.json')],
  ['a file taken for a folder', (at: string) => join(at, 'file', 'out.json')],
])('%s cannot be written, and that is known before the run', async (_name, pathIn) => {
  const at = await directory()
  await writeFile(join(at, 'file'), '')
  expect(await openJsonFile(pathIn(at))).toEqual({ ok: false, reason: expect.any(String) })
})

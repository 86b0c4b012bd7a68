import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openOutputFile } from './output-file.ts'

const directory = async (): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'loadtest-output-'))
  onTestFinished(() => rm(path, { recursive: true }))
  return path
}

const opened = async (path: string) => {
  const result = await openOutputFile(path)
  if (!result.ok) throw new Error(result.reason)
  return result.file
}

test('replaces the file as a whole, and leaves nothing else', async () => {
  const at = await directory()
  const path = join(at, 'out.txt')
  await writeFile(path, 'before')
  const file = await opened(path)
  expect(await readFile(path, 'utf8')).toBe('before')
  await file.write('sold 100')
  await file.discard()
  expect(await readFile(path, 'utf8')).toBe('sold 100')
  expect(await readdir(at)).toEqual(['out.txt'])
})

test('a run that fails leaves the file as it was', async () => {
  const at = await directory()
  const path = join(at, 'out.txt')
  await writeFile(path, 'before')
  await (await opened(path)).discard()
  expect(await readFile(path, 'utf8')).toBe('before')
  expect(await readdir(at)).toEqual(['out.txt'])
})

test.each([
  ['a directory', (at: string) => at],
  ['a folder that is not there', (at: string) => join(at, 'none', 'out.txt')],
  ['a file taken for a folder', (at: string) => join(at, 'file', 'out.txt')],
])('%s cannot be written, and that is known before the run', async (_name, pathIn) => {
  const at = await directory()
  await writeFile(join(at, 'file'), '')
  expect(await openOutputFile(pathIn(at))).toEqual({ ok: false, reason: expect.any(String) })
})

import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ensureRedisBinary, findRedisBinary, isRecentEnough, parseVersion } from './redis-binary.ts'

test.each([
  ['Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=8c2e', '7.0.15'],
  ['Valkey server v=8.1.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=8c2e', '8.1.1'],
  ['', undefined],
  ['command not found', undefined],
])('the version in %j is %s', (output, version) => {
  expect(parseVersion(output)).toBe(version)
})

test.each([
  ['5.0.14', false],
  ['6.0.16', false],
  ['6.2.0', true],
  ['7.0.15', true],
  ['10.0.0', true],
])('%s is recent enough: %s', (version, recent) => {
  expect(isRecentEnough(version)).toBe(recent)
})

describe('among programs on the PATH', () => {
  let parent: string

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'redis-binary-'))
  })
  afterEach(() => rm(parent, { recursive: true, force: true }))

  /** @returns the directory that holds a program of that name, which runs `script`. */
  const withProgram = async (
    directory: string,
    name: string,
    script: string,
    mode = 0o755,
  ): Promise<string> => {
    const path = join(parent, directory)
    await mkdir(path, { recursive: true })
    await writeFile(join(path, name), `#!/bin/sh\n${script}\n`, { mode })
    return path
  }
  const prints = (version: string): string => `echo "Redis server v=${version} sha=0"`

  test('the first one that will do is taken', async () => {
    const path = [
      join(parent, 'missing'),
      await withProgram('not-executable', 'redis-server', prints('7.0.1'), 0o644),
      await withProgram('broken', 'redis-server', 'exit 127'),
      await withProgram('old', 'redis-server', prints('6.0.16')),
      await withProgram('good', 'redis-server', prints('7.0.2')),
      await withProgram('late', 'redis-server', prints('8.0.0')),
    ].join(delimiter)
    expect(await findRedisBinary(path)).toEqual({
      path: join(parent, 'good', 'redis-server'),
      libraryPath: undefined,
      version: '7.0.2',
    })
  })

  test('Valkey will do where there is no Redis', async () => {
    const path = await withProgram('bin', 'valkey-server', 'echo "Valkey server v=8.1.1"')
    expect((await findRedisBinary(path))?.version).toBe('8.1.1')
  })

  test('without any, and without apt, one line says what to install', async () => {
    const cacheDirectory = join(parent, 'cache')
    const said: string[] = []
    const promise = ensureRedisBinary({
      searchPath: join(parent, 'empty'),
      cacheDirectory,
      onProgress: (line) => void said.push(line),
    })
    await expect(promise).rejects.toThrow(/^Expected redis-server.*apt-get install redis-server$/)
    expect(said.length).toBeGreaterThan(0)
    expect(await readdir(cacheDirectory)).toEqual([])
  })

  test('a package that was unpacked before is used without asking apt', async () => {
    const program = await withProgram('cache/redis/usr/bin', 'redis-server', prints('7.2.4'))
    const binary = await ensureRedisBinary({
      searchPath: join(parent, 'empty'),
      cacheDirectory: join(parent, 'cache'),
      onProgress: (line) => expect.unreachable(line),
    })
    expect(binary).toMatchObject({ path: join(program, 'redis-server'), version: '7.2.4' })
  })
})

import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { readConfig } from '../src/config.ts'
import { startOwnEngine } from '../src/own-engine.ts'
import { probe } from '../src/probe.ts'

let directory: string

// A place of our own for temporary files: what is left in it is ours.
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'loadtest-own-engine-'))
  vi.stubEnv('TMPDIR', directory)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await rm(directory, { recursive: true, force: true })
})

test('starts an engine of its own, stops it and takes its data away', { timeout: 120_000 }, async () => {
  const closers = new AsyncDisposableStack()
  let origin = ''
  try {
    const engine = await startOwnEngine(readConfig(), closers)
    origin = engine.origin
    expect(engine.adminToken).not.toBe('')
    expect(await probe(origin)).toEqual({ kind: 'engine' })
  } finally {
    await closers.disposeAsync()
  }
  expect(await probe(origin)).toMatchObject({ kind: 'nothing' })
  expect((await readdir(directory)).filter((name) => name.startsWith('flash-sale-'))).toEqual([])
})

test('an engine that does not start gives its last words', { timeout: 60_000 }, async () => {
  const closers = new AsyncDisposableStack()
  const config = readConfig()
  const broken = { ...config, environment: { ...config.environment, ADMIN_TOKENS: 'two words' } }
  try {
    await expect(startOwnEngine(broken, closers)).rejects.toMatchObject({
      message: 'the engine could not be started',
      hint: expect.stringContaining('ADMIN_TOKENS'),
    })
  } finally {
    await closers.disposeAsync()
  }
  expect((await readdir(directory)).filter((name) => name.startsWith('flash-sale-'))).toEqual([])
})

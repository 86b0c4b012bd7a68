import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { readConfig } from '../src/config.ts'
import { startOwnEngine } from '../src/own-engine.ts'
import { probe } from '../src/probe.ts'

const leftovers = async (): Promise<string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith('flash-sale-loadtest-'))

test('starts an engine of its own, stops it and takes its data away', { timeout: 120_000 }, async () => {
  const before = await leftovers()
  const closers = new AsyncDisposableStack()
  let origin = ''
  try {
    const engine = await startOwnEngine(undefined, readConfig(), closers)
    origin = engine.origin
    expect(engine.credentials.password).not.toBe('')
    expect(await probe(origin)).toEqual({ kind: 'engine' })
  } finally {
    await closers.disposeAsync()
  }
  expect(await probe(origin)).toMatchObject({ kind: 'nothing' })
  expect(await leftovers()).toEqual(before)
})

test('an engine that does not start gives its last words', { timeout: 60_000 }, async () => {
  const before = await leftovers()
  const closers = new AsyncDisposableStack()
  const config = readConfig()
  const broken = { ...config, environment: { ...config.environment, ADMIN_USER: 'two words' } }
  try {
    await expect(startOwnEngine(undefined, broken, closers)).rejects.toMatchObject({
      message: 'the engine could not be started',
      hint: expect.stringContaining('ADMIN_USER'),
    })
  } finally {
    await closers.disposeAsync()
  }
  expect(await leftovers()).toEqual(before)
})

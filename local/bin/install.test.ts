import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'

const script = fileURLToPath(new URL('./install.mjs', import.meta.url))

/** Stands for npm: notes that it was called, waits until it may go on, then installs what a record says. */
const fakeNpm = `
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
appendFileSync('calls', process.argv.slice(2).join(' ') + '\\n')
if (existsSync('fail')) { process.stderr.write(readFileSync('fail')); process.exit(1) }
const deadline = Date.now() + 15_000
while (existsSync('hold') && Date.now() < deadline) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
mkdirSync('node_modules/.bin', { recursive: true })
if (existsSync('fake-node')) copyFileSync('fake-node', 'node_modules/.bin/node')
copyFileSync('record.json', 'node_modules/.package-lock.json')
`
const packages = {
  'node_modules/node': { version: '24.21.0', integrity: 'sha512-n' },
  'node_modules/zod': { version: '4.6.7', integrity: 'sha512-z' },
}
const foreign = { 'node_modules/for-a-mac': { version: '1.0.0', integrity: 'sha512-m', optional: true } }
const manifest = { workspaces: ['api'], dependencies: { node: '^24.0.0' } }
const api = { dependencies: { zod: '^4.0.0' } }

let root: string

const write = async (path: string, content: unknown, mode = 0o644): Promise<void> => {
  await mkdir(dirname(join(root, path)), { recursive: true })
  await writeFile(join(root, path), typeof content === 'string' ? content : JSON.stringify(content), { mode })
}

const writeLock = async (installed: object): Promise<void> => {
  await write('package-lock.json', { packages: { '': manifest, api, ...installed, ...foreign } })
  await write('record.json', { packages: { api, ...installed } })
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'install-'))
  await mkdir(join(root, 'local/bin'), { recursive: true })
  await copyFile(script, join(root, 'local/bin/install.mjs'))
  await write('npm.mjs', fakeNpm)
  await write('fake-node', '#!/bin/sh\necho v24.21.0\n', 0o755)
  await write('package.json', manifest)
  await write('api/package.json', api)
  await writeLock(packages)
})
afterEach(() => rm(root, { recursive: true, force: true }))

const start = () => {
  const child = spawn(process.execPath, [join(root, 'local/bin/install.mjs')], {
    cwd: root,
    env: { PATH: '/usr/bin:/bin', npm_node_execpath: process.execPath, npm_execpath: join(root, 'npm.mjs') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk) => (said += chunk))
  const ended = once(child, 'close').then(([code]) => ({ code, said }))
  /** Resolves when the child has written `text`. */
  const saying = async (text: string): Promise<void> => {
    while (!said.includes(text)) await once(child.stderr, 'data', { signal: AbortSignal.timeout(15_000) })
  }
  return { ended, saying }
}
const run = () => start().ended
const calls = async (): Promise<string[]> =>
  (await readFile(join(root, 'calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean)

test('installs once, with one line, then does nothing', async () => {
  expect(await run()).toEqual({ code: 0, said: expect.stringMatching(/^Installing the dependencies.*\n$/) })
  expect(await run()).toEqual({ code: 0, said: '' })
  expect(await calls()).toEqual([expect.stringMatching(/^ci --include=dev/)])
})

test('installs again when the lockfile has changed', async () => {
  await run()
  await writeLock({ ...packages, 'node_modules/zod': { version: '4.6.8', integrity: 'sha512-y' } })
  expect((await run()).code).toBe(0)
  expect(await calls()).toHaveLength(2)
})

test('a package that the lockfile no longer has is removed by a new install', async () => {
  await write('node_modules/.package-lock.json', {
    packages: { api, ...packages, 'node_modules/gone': { version: '1.0.0' } },
  })
  await run()
  expect(await calls()).toHaveLength(1)
})

test('an install that npm has made itself is left alone', async () => {
  await write('node_modules/.package-lock.json', { packages: { api, ...packages } })
  await write('node_modules/.bin/node', '#!/bin/sh\necho v24.21.0\n', 0o755)
  expect(await run()).toEqual({ code: 0, said: '' })
  expect(await calls()).toEqual([])
})

test('two at once install once', async () => {
  await write('hold', '')
  const first = start()
  await first.saying('Installing')
  const second = start()
  await second.saying('Waiting for another install')
  await rm(join(root, 'hold'))
  const ends = await Promise.all([first.ended, second.ended])
  expect(ends.map(({ code }) => code)).toEqual([0, 0])
  expect(await calls()).toHaveLength(1)
})

test('a package.json that is ahead of the lockfile is named', async () => {
  await write('api/package.json', { dependencies: { zod: '^4.0.0', more: '1.0.0' } })
  const { code, said } = await run()
  expect(code).toBe(1)
  expect(said).toMatch(/^api\/package\.json asks for other packages.*npm install\n$/)
})

test('a failed install shows what npm said', async () => {
  await write('fail', 'npm error the registry is away\n')
  const { code, said } = await run()
  expect(code).toBe(1)
  expect(said).toContain('npm error the registry is away')
  expect(said).toMatch(/npm ci ended with exit code 1\.\n$/)
})

test.each([
  ['no Node', undefined, 'got none'],
  ["the machine's Node", '#!/bin/sh\necho v20.20.2\n', 'got v20.20.2'],
])('with install scripts off, which gives %s, it says what to do', async (_, node, got) => {
  await rm(join(root, 'fake-node'))
  if (node !== undefined) await write('fake-node', node, 0o755)
  const { code, said } = await run()
  expect(code).toBe(1)
  expect(said).toContain(got)
  expect(said).toContain('npm rebuild --ignore-scripts=false')
})

import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Product } from '@flash-sale/shared/contract/product.ts'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { RunningProcess } from '../src/child-processes.ts'
import { freePort } from '../src/free-port.ts'
import { type StartedEngine, startEngineProcess, survivorsOf, treeOf } from './started-engine.ts'

const testMs = 120_000
let parent: string
let dataDirectory: string
let port: number
let environment: NodeJS.ProcessEnv
let started: StartedEngine[] = []

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'supervisor-'))
  dataDirectory = join(parent, 'data')
  port = await freePort()
  environment = { PORT: String(port), DATA_DIR: dataDirectory, WORKERS: '1' }
})
afterEach(async () => {
  for (const engine of started) engine.kill('SIGKILL')
  await Promise.all(started.map((engine) => engine.ended))
  started = []
})
afterAll(() => rm(parent, { recursive: true, force: true }))

const start = (options: Partial<Parameters<typeof startEngineProcess>[0]> = {}): StartedEngine => {
  const engine = startEngineProcess({ environment, ...options })
  started.push(engine)
  return engine
}
const ready = 'The flash sale engine is ready'

/** Starts an engine. @returns it when it is ready, with all processes that belong to it. */
const startReady = async (options: Parameters<typeof start>[0] = {}) => {
  const engine = start(options)
  await engine.saying(ready)
  const tree = await treeOf(engine.pid)
  const find = (part: string): RunningProcess => {
    const found = tree.find(({ command }) => command.includes(part))
    if (!found)
      throw new Error(`no process with ${part} among:\n${tree.map(({ command }) => command).join('\n')}`)
    return found
  }
  return { engine, tree, find }
}

const firstProduct = async (): Promise<Product> => {
  const answer = await fetch(`http://localhost:${port}/products/1`)
  return (await answer.json()) as Product
}

const restock = async (quantity: number): Promise<void> => {
  const { token } = JSON.parse(await readFile(join(dataDirectory, 'admin.json'), 'utf8'))
  const answer = await fetch(`http://localhost:${port}/admin/products/1/restock`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({ quantity }),
  })
  expect(answer.status).toBe(200)
}

const linesWith = (said: string, part: string): string[] =>
  said.split('\n').filter((line) => line.includes(part))

describe('npm start', () => {
  test('brings up everything, says where to look, and stops everything when told to', {
    timeout: testMs,
  }, async () => {
    const { engine, tree, find } = await startReady()
    for (const part of ['postgres -D', 'redis-server', 'api/src/main.ts', 'worker/src/main.ts']) find(part)
    expect((await fetch(`http://localhost:${port}/readyz`)).status).toBe(200)
    expect(await firstProduct()).toMatchObject({ id: 1, name: 'iPhone 15', stock: 100, demo: true })
    expect((await stat(join(dataDirectory, 'admin.json'))).mode & 0o777).toBe(0o600)
    const { token } = JSON.parse(await readFile(join(dataDirectory, 'admin.json'), 'utf8'))
    const said = await engine.saying('Ctrl-C')
    for (const part of [`http://localhost:${port}/admin/queues`, token, 'npm run loadtest'])
      expect(said).toContain(part)
    expect(tree.map(({ command }) => command).join('\n')).not.toMatch(/:[0-9a-f]{48}@/)

    // A second one on the same data, and one with data of its own on the same port: one line, nothing else.
    const second = await start().ended
    expect(second.code).toBe(1)
    expect(second.said.trim()).toMatch(
      /^The engine could not start\. An engine already runs on the data in .*$/,
    )
    const third = await start({ environment: { ...environment, DATA_DIR: join(parent, 'other') } }).ended
    expect(third.code).toBe(1)
    expect(third.said.trim()).toMatch(/^The engine could not start\. Port \d+ is taken.*$/)
    expect(await firstProduct()).toMatchObject({ id: 1 })

    await restock(11)
    engine.kill('SIGTERM')
    expect(await engine.ended).toMatchObject({ code: 0 })
    expect(await survivorsOf(tree)).toEqual([])
  })

  test('keeps its data from start to start, unless told to begin afresh', { timeout: testMs }, async () => {
    const kept = await startReady()
    expect((await firstProduct()).stock).toBe(111)
    kept.engine.kill('SIGINT')
    expect(await kept.engine.ended).toMatchObject({ code: 0 })

    const fresh = await startReady({ flags: ['--fresh'] })
    expect((await firstProduct()).stock).toBe(100)
    fresh.engine.kill('SIGINT')
    expect(await fresh.engine.ended).toMatchObject({ code: 0 })
    expect(await survivorsOf([...kept.tree, ...fresh.tree])).toEqual([])
  })

  test.each([
    ['the api', 'api/src/main.ts', 'api ended with signal SIGKILL'],
    ['a worker', 'worker/src/main.ts', 'worker-1 ended with signal SIGKILL'],
    ['Postgres', 'postgres -D', 'Postgres ended with signal SIGKILL'],
    ['Redis', 'redis-server', 'Redis ended with signal SIGKILL'],
  ])('stops everything when %s dies', { timeout: testMs }, async (_, part, line) => {
    const { engine, tree, find } = await startReady()
    process.kill(find(part).pid, 'SIGKILL')
    const { code, said } = await engine.ended
    expect(code).toBe(1)
    expect(linesWith(said, line)).toHaveLength(1)
    expect(await survivorsOf(tree)).toEqual([])
  })

  test.each([
    ['it', false],
    ['npm above it', true],
  ])('leaves no orphan when %s is killed', { timeout: testMs }, async (_, underParent) => {
    const { engine, tree } = await startReady({
      underParent,
      environment: { ...environment, npm_lifecycle_event: 'start' },
    })
    expect(tree.length).toBeGreaterThan(5)
    engine.kill('SIGKILL')
    expect(await survivorsOf(tree)).toEqual([])
  })

  test('can be stopped while it starts', { timeout: testMs }, async () => {
    const engine = start()
    await engine.saying('Starting the api')
    const tree = await treeOf(engine.pid)
    engine.kill('SIGINT')
    expect(await engine.ended).toMatchObject({ code: 0 })
    expect(await survivorsOf(tree)).toEqual([])
  })
})

describe('what cannot be started', () => {
  test.each([
    ['an unknown flag', ['--frehs'], {}, 2, /Unknown option '--frehs'/],
    ['a port that is none', [], { PORT: 'http' }, 1, /PORT: expected a whole number/],
    [
      'a database that is not there',
      [],
      { DATABASE_URL: 'postgres://localhost:1/x' },
      1,
      /DATABASE_URL: expected a server at localhost:1/,
    ],
    [
      'a Redis that is not there',
      [],
      { REDIS_URL: 'redis://localhost:1' },
      1,
      /REDIS_URL: expected a server at localhost:1/,
    ],
  ])(
    '%s is refused with one clear message',
    { timeout: testMs },
    async (_, flags, more, exitCode, message) => {
      const { code, said } = await start({ flags, environment: { ...environment, ...more } }).ended
      expect(code).toBe(exitCode)
      expect(said).toMatch(message)
      expect(said).not.toMatch(/\n {4}at /)
    },
  )

  test('a port that another program has is told before anything is started', {
    timeout: testMs,
  }, async () => {
    const server = createServer().listen(0)
    const address = server.address()
    const taken = typeof address === 'object' ? address?.port : undefined
    const unused = join(parent, 'unused')
    const { code, said } = await start({
      environment: { ...environment, PORT: String(taken), DATA_DIR: unused },
    }).ended
    server.close()
    expect(code).toBe(1)
    expect(said.trim()).toMatch(/^The engine could not start\. Port \d+ is taken by another program\..*$/)
    await expect(stat(join(unused, 'postgres'))).rejects.toThrow(/ENOENT/)
  })

  test('data that Postgres cannot read stops everything else too', { timeout: testMs }, async () => {
    const broken = join(parent, 'broken')
    await mkdir(join(broken, 'postgres/cluster'), { recursive: true })
    await writeFile(join(broken, 'postgres/cluster/PG_VERSION'), '9.6\n')
    await writeFile(join(broken, 'postgres/password'), 'secret')
    const engine = start({ environment: { ...environment, DATA_DIR: broken } })
    const { code, said } = await engine.ended
    expect(code).toBe(1)
    expect(linesWith(said, 'Postgres did not start')).toHaveLength(1)
  })
})

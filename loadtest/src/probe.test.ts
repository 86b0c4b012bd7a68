import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { fakeEngine } from '../test/fake-engine.ts'
import { answering, inTurn, resetting, serve } from '../test/http-server.ts'
import { readConfig } from './config.ts'
import { probe } from './probe.ts'
import { findTarget } from './target.ts'

const closedPort = async (): Promise<string> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

test('our engine', async () => {
  expect(await probe(await serve(fakeEngine().handler))).toEqual({ kind: 'engine' })
})

test('an engine without its database names it', async () => {
  const checks = { redis: 'ok', postgres: 'cannot be reached', schema: 'unknown' }
  const origin = await serve(
    inTurn(answering(200, { status: 'ok' }), answering(503, { ready: false, checks })),
  )
  expect(await probe(origin)).toEqual({
    kind: 'unready',
    missing: 'postgres: cannot be reached, schema: unknown',
  })
})

test.each([
  ['something else that speaks HTTP', answering(404, 'nothing here')],
  ['something that hangs up', resetting],
])('%s is a stranger', async (_name, handler) => {
  expect(await probe(await serve(handler))).toMatchObject({ kind: 'stranger' })
})

test('nobody', async () => {
  expect(await probe(await closedPort())).toEqual({ kind: 'nothing', reason: 'ECONNREFUSED' })
})

test('an address that was given has to answer, as our engine', async () => {
  await using closers = new AsyncDisposableStack()
  const find = (url: string) =>
    findTarget({ url, adminToken: undefined }, readConfig({}, '/nowhere'), closers, () => undefined)
  await expect(find(await closedPort())).rejects.toMatchObject({
    message: expect.stringMatching(/^nothing answers at http:.*ECONNREFUSED/),
    hint: 'start the engine with: npm start',
  })
  await expect(find(await serve(answering(200, 'hello')))).rejects.toThrow(
    /^expected the flash sale engine at .*, got/,
  )
})

test('a token that was given is used', async () => {
  await using closers = new AsyncDisposableStack()
  const url = await serve(fakeEngine().handler)
  const adminToken = 'given'
  expect(await findTarget({ url, adminToken }, readConfig({}, '/nowhere'), closers, () => undefined)).toEqual(
    {
      origin: url,
      adminToken,
      booted: false,
    },
  )
})

import { expect, onTestFinished, test } from 'vitest'
import { answering, serve, silent } from '../test/http-server.ts'
import { createClient } from './client.ts'

test('priming opens every connection at once', async () => {
  const sockets = new Set<unknown>()
  const waiting: (() => void)[] = []
  // Nobody is answered before all eight are there: one connection asked eight times would wait for ever.
  const origin = await serve((request, response) => {
    sockets.add(request.socket)
    waiting.push(() => void response.end('{}'))
    if (waiting.length === 8) for (const answer of waiting) answer()
  })
  const client = createClient(origin, 8)
  onTestFinished(() => client.destroy('the test is over'))
  await client.prime('/livez')
  expect(sockets.size).toBe(8)
})

test('destroying ends a call under way, and every later one, with a fault', async () => {
  const client = createClient(await serve(silent), 1)
  const underWay = client.send({ method: 'GET', path: '/' })
  const queued = client.send({ method: 'GET', path: '/' })
  await client.destroy('time is up')
  expect(await underWay).toMatchObject({ kind: 'fault' })
  expect(await queued).toMatchObject({ kind: 'fault' })
  expect(await client.send({ method: 'GET', path: '/' })).toMatchObject({ kind: 'fault' })
})

test('an answer of any status is an answer', async () => {
  const client = createClient(await serve(answering(500, { code: 'x' }, { 'retry-after': '1' })), 1)
  onTestFinished(() => client.destroy('the test is over'))
  const answer = await client.send({ method: 'GET', path: '/' })
  expect(answer).toEqual({
    kind: 'answer',
    status: 500,
    body: { code: 'x' },
    retryAfterMs: 1_000,
    replayed: false,
  })
})

test('an answer says whether it was given before', async () => {
  const client = createClient(await serve(answering(202, {}, { 'idempotency-replayed': 'true' })), 1)
  onTestFinished(() => client.destroy('the test is over'))
  expect(await client.send({ method: 'POST', path: '/' })).toMatchObject({ status: 202, replayed: true })
})

import { Writable } from 'node:stream'
import { DatabaseUnavailableError } from '@flash-sale/shared/postgres.ts'
import express from 'express'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Listening, listen } from './listen.ts'
import { answerFault, sendProblem, unknownRoute } from './problem-answer.ts'
import { requestLog } from './request-log.ts'

const lines: Record<string, unknown>[] = []
const logger = pino(
  { level: 'debug' },
  new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(JSON.parse(String(chunk)))
      done()
    },
  }),
)
let server: Listening

beforeAll(async () => {
  const app = express()
  app.use(requestLog(logger, () => undefined))
  app.get('/fine', (_request, response) => void response.json({}))
  app.get('/bug', () => {
    throw new Error('password of the vault is 1234')
  })
  app.get('/text', () => Promise.reject('thrown text'))
  app.get('/store', () => {
    throw new DatabaseUnavailableError('connect ECONNREFUSED 10.0.0.7:5432')
  })
  app.get('/sold-out', (_request, response) => sendProblem(response, { code: 'sold-out', detail: '' }))
  app.get('/full', (_request, response) => sendProblem(response, { code: 'queue-full', detail: '' }))
  app.use(unknownRoute)
  app.use(answerFault)
  server = await listen(app, { host: '127.0.0.1', port: 0, connectionsMax: 10, logger })
})
afterAll(() => server.close(1_000))

const get = async (path: string, headers: Record<string, string> = {}) => {
  lines.length = 0
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { headers })
  return { response, text: await response.text() }
}
const levels = { debug: 20, info: 30, error: 50 }

test.each(['/bug', '/text'])(
  'a fault in %s is answered without its cause, which is in the log',
  async (path) => {
    const { response, text } = await get(path)
    expect(response.status).toBe(500)
    expect(JSON.parse(text)).toMatchObject({ code: 'internal-error', status: 500 })
    expect(text).not.toMatch(/vault|thrown/)
    const [line] = lines
    expect(line).toMatchObject({
      level: levels.error,
      err: { message: expect.stringMatching(/vault|thrown/) },
    })
    const id = response.headers.get('x-request-id')
    expect(text).toContain(String(id))
    expect(line).toMatchObject({ requestId: id, method: 'GET', url: path, status: 500 })
  },
)

test('a store that is away is 503, and no address leaks', async () => {
  const { response, text } = await get('/store')
  expect(response.status).toBe(503)
  expect(response.headers.get('retry-after')).toBe('1')
  expect(text).not.toContain('10.0.0.7')
  expect(lines).toMatchObject([
    { level: levels.error, status: 503, reason: expect.stringContaining('10.0.0.7') },
  ])
  expect(lines[0]).not.toHaveProperty('err')
})

test.each([
  ['/fine', 'debug'],
  ['/nowhere', 'info'],
  ['/sold-out', 'debug'],
  ['/full', 'debug'],
] as const)('%s is logged at %s, without headers', async (path, level) => {
  await get(path, { authorization: 'Basic c2VjcmV0', cookie: 'session=secret' })
  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatchObject({ level: levels[level], method: 'GET', url: path })
  expect(JSON.stringify(lines)).not.toMatch(/c2VjcmV0|session=/)
})

test.each([
  ['a plain one is kept', 'proxy-17', true],
  ['a long one is not', 'x'.repeat(65), false],
  ['one with other characters is not', 'a b', false],
])('request id: %s', async (_what, given, kept) => {
  const { response } = await get('/fine', { 'x-request-id': given })
  expect(response.headers.get('x-request-id') === given).toBe(kept)
})

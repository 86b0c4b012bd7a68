import { once } from 'node:events'
import { Agent, type IncomingMessage, request as openRequest } from 'node:http'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import fc from 'fast-check'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { arbitraryRequest, type FuzzRequest, shopOrigin } from './arbitrary-requests.ts'
import { customerHeaders, jwtEnv } from './customer-token.ts'
import { stageFor } from './directed-requests.ts'
import { operations, type SeenAnswer, wrongWith } from './documented-answers.ts'
import { adminHeaders, serveApi, viewerHeaders } from './served-api.ts'

const stores = isolatedStores()
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
afterAll(() => agent.destroy())

const isWholeEvent = (text: string): boolean => /^data: .*\n\n/m.test(text)

/** @returns the answer; of a stream of events what came with the first one, after which we leave. */
const send = async (port: number, { method, path, headers, body }: FuzzRequest): Promise<SeenAnswer> => {
  const length = body === undefined ? {} : { 'content-length': String(body.length) }
  const sent = openRequest({
    port,
    host: '127.0.0.1',
    agent,
    method,
    path,
    headers: { ...headers, ...length },
  })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const mediaType = response.headers['content-type']?.split(';')[0]
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk
    if (mediaType === 'text/event-stream' && isWholeEvent(text)) break
  }
  return { status: response.statusCode ?? 0, mediaType, headers: response.headers, text }
}

const always = [200, 201, 202, 204, 303, 400, 401, 403, 404, 405, 409, 413, 415, 422]

/** A window that is longer than the test: what is one too many stays so. */
const limits = { RATE_LIMIT_READS_PER_IP: '40/900', RATE_LIMIT_PER_CUSTOMER: '20/900' }

test.each([
  ['customers who say who they are', { env: {}, requests: 2_000, statuses: always }],
  [
    'customers with tokens, and limits',
    { env: { ...jwtEnv, ...limits }, requests: 500, statuses: [...always, 429] },
  ],
  ['pages of other origins', { env: { CORS_ORIGINS: shopOrigin }, requests: 500, statuses: always }],
])(
  '%s: never a fault, never an answer that is not in the document',
  {
    timeout: 120_000,
  },
  async (_what, { env, requests, statuses }) => {
    const api = await serveApi(stores, { env })
    onTestFinished(api.close)
    const withToken = env !== undefined && 'AUTH_MODE' in env
    const buyer = withToken
      ? { customerId: 'ann', headers: await customerHeaders('ann'), named: {} }
      : { customerId: 'c-1', headers: {}, named: { customerId: 'c-1' } }
    const admin = { operator: adminHeaders, viewer: viewerHeaders }
    const { known, directed } = await stageFor(api, buyer, admin)
    const seen = new Map<number, number>()
    await fc.assert(
      fc.asyncProperty(arbitraryRequest(operations, known), async (request) => {
        const answer = await send(api.port, request)
        seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1)
        const wrong = wrongWith(request, answer)
        if (wrong === undefined) return
        const sent = { ...request, body: request.body?.toString('latin1') }
        throw new Error(`${wrong}\nsent: ${JSON.stringify(sent)}\ngot: ${JSON.stringify(answer)}`)
      }),
      { numRuns: requests + directed.length, examples: directed.map((request): [FuzzRequest] => [request]) },
    )
    const count = [...seen.values()].reduce((sum, each) => sum + each, 0)
    expect(count).toBeGreaterThanOrEqual(requests)
    // Both sides of the contract were reached, else nothing was shown.
    for (const status of statuses) {
      expect({ status, count: seen.get(status) ?? 0 }).not.toEqual({ status, count: 0 })
    }
  },
)

import { once } from 'node:events'
import { Agent, type IncomingMessage, request as openRequest } from 'node:http'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { arbitraryRequest, type FuzzRequest } from './arbitrary-requests.ts'
import {
  at,
  dereferenced,
  type JsonObject,
  operationsOf,
  publishedDocument,
  wrongBy,
} from './published-contract.ts'
import { adminHeaders, type ServedApi, serveApi } from './served-api.ts'

const requestsMin = 2_000

const stores = isolatedStores()
const agent = new Agent({ keepAlive: true, maxSockets: 1 })
let api: ServedApi
beforeAll(async () => {
  api = await serveApi(stores)
})
afterAll(async () => {
  agent.destroy()
  await api.close()
})

interface Fuzzed {
  status: number
  mediaType: string | undefined
  headers: IncomingMessage['headers']
  text: string
}

const send = async ({ method, path, headers, body }: FuzzRequest): Promise<Fuzzed> => {
  const length = body === undefined ? {} : { 'content-length': String(body.length) }
  const sent = openRequest({
    port: api.port,
    host: '127.0.0.1',
    agent,
    method,
    path,
    headers: { ...headers, ...length },
  })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  const mediaType = response.headers['content-type']?.split(';')[0]
  return { status: response.statusCode ?? 0, mediaType, headers: response.headers, text }
}

const document = publishedDocument()
const operations = operationsOf(document)
/** A stream has no end to wait for. */
const answered = operations.filter(({ path }) => !path.endsWith('/events'))
const beyondRoutes = at(dereferenced(document, at(document, 'components', 'responses')))

const segmentsOf = (path: string): string[] => path.replace(/\/$/, '').split('/')

const isAt = (template: string, path: string): boolean => {
  const [wanted, given] = [segmentsOf(template), segmentsOf(path)]
  return (
    wanted.length === given.length &&
    wanted.every((segment, at) =>
      segment.startsWith('{') ? given[at] !== '' : segment === given[at]?.toLowerCase(),
    )
  )
}

const isDecodable = (path: string): boolean => {
  try {
    decodeURIComponent(path)
    return true
  } catch {
    return false
  }
}

/** The answers that the document allows for a request, by status. */
const allowedFor = ({ method, path }: FuzzRequest): JsonObject => {
  const [pathname = ''] = path.split('?')
  const here = operations.filter((operation) => isAt(operation.path, pathname))
  const asked = method === 'HEAD' ? 'get' : method.toLowerCase()
  const operation = here.find((each) => each.method === asked)
  if (operation) return at(operation.description, 'responses')
  // Who may come to /admin is decided before it is looked what is there.
  const adminOnly = pathname.toLowerCase().startsWith('/admin')
    ? at(operations.find((o) => o.path === '/admin/products')?.description, 'responses', '401')
    : undefined
  return {
    ...(adminOnly ? { 401: adminOnly } : {}),
    ...(here.length > 0
      ? { 405: at(beyondRoutes, 'MethodNotAllowed') }
      : { 404: at(beyondRoutes, 'UnknownRoute') }),
    ...(isDecodable(pathname)
      ? {}
      : { 400: at(operations.find((o) => o.path === '/products/{id}')?.description, 'responses', '400') }),
  }
}

/** What is wrong with an answer by the document; undefined when nothing is. */
const wrongWith = (request: FuzzRequest, answer: Fuzzed): string | undefined => {
  const { status, mediaType, text, headers } = answer
  if (status >= 500) return 'a fault of the server'
  const documented = at(allowedFor(request), String(status))
  if (Object.keys(documented).length === 0) return 'no such status in the document'
  if (headers['x-request-id'] === undefined) return 'no X-Request-Id'
  if (status === 405 && headers.allow === undefined) return 'no Allow'
  const contents = at(documented, 'content')
  if (request.method === 'HEAD') return text === '' ? undefined : 'an answer to HEAD with a body'
  if (mediaType === undefined)
    return Object.keys(contents).length === 0 && text === '' ? undefined : 'no media type'
  const content = contents[mediaType]
  if (content === undefined) return 'no such media type in the document'
  if (!mediaType.endsWith('json')) return undefined
  const body: unknown = JSON.parse(text)
  const code =
    status >= 400 && mediaType === 'application/problem+json'
      ? String((body as { code: unknown }).code)
      : undefined
  if (code !== undefined && !Object.hasOwn(at(content, 'examples'), code))
    return `no example of ${code} in the document`
  return wrongBy(at(content).schema, body)
}

test(`${requestsMin} generated requests: never a fault, never an answer that is not in the document`, {
  timeout: 120_000,
}, async () => {
  const productIds = [
    await api.createProduct({ demo: true }),
    await api.createProduct({ perCustomerLimit: 2 }),
  ]
  const bought = await api.call('/purchases', { json: { productId: productIds[0], customerId: 'c-1' } })
  const known = {
    productIds: productIds.map(String),
    jobIds: [String(bought.body.jobId)],
    authorization: adminHeaders.authorization,
  }
  const seen = new Map<number, number>()
  await fc.assert(
    fc.asyncProperty(arbitraryRequest(answered, known), async (request) => {
      const answer = await send(request)
      seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1)
      const wrong = wrongWith(request, answer)
      if (wrong === undefined) return
      const sent = { ...request, body: request.body?.toString('latin1') }
      throw new Error(`${wrong}\nsent: ${JSON.stringify(sent)}\ngot: ${JSON.stringify(answer)}`)
    }),
    { numRuns: requestsMin + 100 },
  )
  const count = [...seen.values()].reduce((sum, each) => sum + each, 0)
  expect(count).toBeGreaterThanOrEqual(requestsMin)
  // Both sides of the contract were reached, else nothing was shown.
  for (const status of [200, 201, 202, 400, 401, 404, 405, 413, 415]) {
    expect({ status, count: seen.get(status) ?? 0 }).not.toEqual({ status, count: 0 })
  }
})

/** Whether an answer is one that the published document allows. */
import type { IncomingMessage } from 'node:http'
import { productEventSchema } from '@flash-sale/shared/contract/product-event.ts'
import {
  at,
  dereferenced,
  type JsonObject,
  operationsOf,
  publishedDocument,
  wrongBy,
} from './published-contract.ts'

export interface SeenAnswer {
  status: number
  mediaType: string | undefined
  headers: IncomingMessage['headers']
  /** Of a stream of events that does not end: its beginning, with at least one event. */
  text: string
}

interface Asked {
  method: string
  /** With its query. */
  path: string
}

const document = publishedDocument()
export const operations = operationsOf(document)
const components = at(dereferenced(document, at(document, 'components')))
const headerNames = Object.keys(at(components, 'headers'))

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

const answersOf = (method: string, path: string): JsonObject =>
  at(operations.find((each) => each.method === method && each.path === path)?.description, 'responses')

const some = (answers: JsonObject, ...statuses: string[]): JsonObject =>
  Object.fromEntries(Object.entries(answers).filter(([status]) => statuses.includes(status)))

const publicPaths = ['purchases', 'orders', 'customers', 'products']

/** Who may come near an address is decided before it is looked what is there. */
const answersOfGates = (pathname: string): JsonObject => {
  const [, first = ''] = pathname.toLowerCase().split('/')
  if (first === 'admin' || first === 'metrics')
    return {
      ...some(answersOf('post', '/admin/queue/pause'), '401', '403', '429'),
      ...some(answersOf('get', '/admin/queue'), '303'),
    }
  return publicPaths.includes(first) ? some(answersOf('get', '/products/{id}'), '401', '429') : {}
}

/** The answers that the document allows for a request, by status. */
const allowedFor = ({ method, path }: Asked): JsonObject => {
  const [pathname = ''] = path.split('?')
  const here = operations.filter((operation) => isAt(operation.path, pathname))
  const asked = method === 'HEAD' ? 'get' : method.toLowerCase()
  const operation = here.find((each) => each.method === asked)
  if (operation) return at(operation.description, 'responses')
  const { UnknownRoute, MethodNotAllowed, Preflight } = at(components, 'responses')
  const [, first = ''] = pathname.toLowerCase().split('/')
  // Where pages of other origins may call, it is answered before anything else is asked.
  const preflight = asked === 'options' && publicPaths.includes(first) ? { 204: at(Preflight) } : {}
  return {
    ...preflight,
    ...answersOfGates(pathname),
    ...(here.length > 0 ? { 405: at(MethodNotAllowed) } : { 404: at(UnknownRoute) }),
    // With customers' tokens there is nothing below it.
    ...(pathname.toLowerCase().startsWith('/demo/') ? { 404: at(UnknownRoute) } : {}),
    ...(isDecodable(pathname) ? {} : some(answersOf('get', '/products/{id}'), '400')),
  }
}

const wrongEvents = (text: string): string | undefined => {
  const purchase = at(components, 'schemas', 'Purchase')
  const events = [...text.matchAll(/^event: (status|product)\nid: (\w+)\ndata: (.*)\n\n/gm)]
  if (events.length === 0) return 'no event'
  for (const [, name, id, data = ''] of events) {
    const view: unknown = JSON.parse(data)
    if (name === 'product') {
      const { error } = productEventSchema.safeParse(view)
      if (error) return error.message
      continue
    }
    const wrong = wrongBy(purchase, view)
    if (wrong !== undefined) return wrong
    if ((view as { status: unknown }).status !== id) return 'an event whose id is not its status'
  }
  return undefined
}

const wrongBody = (contents: JsonObject, { status, mediaType, text }: SeenAnswer): string | undefined => {
  if (mediaType === undefined)
    return Object.keys(contents).length === 0 && text === '' ? undefined : 'no media type'
  const content = contents[mediaType]
  if (content === undefined) return 'no such media type in the document'
  if (mediaType === 'text/event-stream') return wrongEvents(text)
  if (!mediaType.endsWith('json')) return text === '' ? 'an empty body' : undefined
  const body: unknown = JSON.parse(text)
  const code =
    status >= 400 && mediaType === 'application/problem+json' ? (body as { code: string }).code : undefined
  if (code !== undefined && !Object.hasOwn(at(content, 'examples'), code))
    return `no example of ${code} in the document`
  return wrongBy(at(content).schema, body)
}

/** What is wrong with an answer by the document; undefined when nothing is. */
export const wrongWith = (asked: Asked, answer: SeenAnswer): string | undefined => {
  const { status, headers, text } = answer
  if (status >= 500) return 'a fault of the server'
  const documented = at(allowedFor(asked), String(status))
  if (Object.keys(documented).length === 0) return 'no such status in the document'
  if (headers['x-request-id'] === undefined) return 'no X-Request-Id'
  if (status === 405 && headers.allow === undefined) return 'no Allow'
  if ((status === 429 || status === 503) && headers['retry-after'] === undefined) return 'no Retry-After'
  const unknown = headerNames.find(
    (name) => headers[name.toLowerCase()] !== undefined && !at(documented, 'headers')[name],
  )
  if (unknown !== undefined) return `no ${unknown} in the document`
  if (asked.method === 'HEAD') return text === '' ? undefined : 'an answer to HEAD with a body'
  return wrongBody(at(documented, 'content'), answer)
}

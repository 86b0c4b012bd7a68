/** Requests for the fuzz test, valid and not, made from what the published document says. */
import fc from 'fast-check'
import { at, type JsonObject, type Operation } from './published-contract.ts'

export interface FuzzRequest {
  method: string
  /** With its query. */
  path: string
  headers: Record<string, string | string[]>
  body: Buffer | undefined
}

/** Things that are there, so that what is valid is found as well. */
export interface Known {
  productIds: readonly string[]
  jobIds: readonly string[]
  orderIds: readonly string[]
  customerIds: readonly string[]
  /** Headers of those who may do something; the first may do the most. */
  callers: readonly Readonly<Record<string, string>>[]
}

const junkText = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'wait',
    'active',
    'meta',
    'a:b:c',
    '0',
    '-1',
    '1e9',
    '2147483648',
    'me',
    '..',
    "'; DROP TABLE products; --",
    '%',
    '\u0000',
    'ä',
    '🛒',
    ' ',
    '',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 300 }),
)

const junk: fc.Arbitrary<unknown> = fc.oneof(
  junkText,
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    -1,
    1.5,
    1e300,
    2 ** 31,
    2 ** 53,
    -0,
    '\ud800',
    'a\udc00',
    [],
    {},
  ),
  fc.jsonValue({ maxDepth: 3 }),
  fc.constant({ a: { b: { c: [] } } }),
)

const dates = fc
  .date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString())

const textOf = (schema: JsonObject): fc.Arbitrary<unknown> => {
  if (schema.format === 'date-time') return dates
  if (schema.format === 'uuid') return fc.uuid()
  if (typeof schema.pattern === 'string') return fc.stringMatching(new RegExp(schema.pattern))
  const minLength = Number(schema.minLength ?? 0)
  return fc.string({ minLength, maxLength: Math.min(Number(schema.maxLength ?? 60), 60) })
}

const numberOf = (schema: JsonObject): fc.Arbitrary<unknown> => {
  const min = Number(schema.minimum ?? -1_000)
  const max = Number(schema.maximum ?? 1_000_000)
  return fc.oneof(fc.integer({ min, max: Math.min(max, min + 20) }), fc.integer({ min, max }))
}

/** What a schema without references allows; of what it says only in words, some that it does not. */
const validBy = (schema: JsonObject): fc.Arbitrary<unknown> => {
  if (Array.isArray(schema.anyOf)) return fc.oneof(...schema.anyOf.map((each) => validBy(at(each))))
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum)
  const types = Array.isArray(schema.type) ? schema.type : [schema.type ?? null]
  const each = types.map((type): fc.Arbitrary<unknown> => {
    if (type === 'null') return fc.constant(null)
    if (type === 'boolean') return fc.boolean()
    if (type === 'integer' || type === 'number') return numberOf(schema)
    if (type === 'string') return textOf(schema)
    if (type === 'object') return objectBy(schema)
    return junk
  })
  return fc.oneof(...each)
}

const objectBy = (schema: JsonObject): fc.Arbitrary<Record<string, unknown>> => {
  const fields = Object.entries(at(schema, 'properties')).map(
    ([name, field]) => [name, validBy(at(field))] as const,
  )
  const requiredKeys = Array.isArray(schema.required) ? schema.required.map(String) : []
  return fc.record(Object.fromEntries(fields), { requiredKeys })
}

/** One thing wrong with a valid body. */
const mutated = (body: Record<string, unknown>): fc.Arbitrary<unknown> => {
  const names = Object.keys(body)
  const replaced = (name: string) => junk.map((value) => ({ ...body, [name]: value }))
  const dropped = (name: string) =>
    fc.constant(Object.fromEntries(Object.entries(body).filter(([n]) => n !== name)))
  return fc.oneof(
    junk,
    fc.tuple(junkText, junk).map(([name, value]) => ({ ...body, [name]: value })),
    fc.constant([body]),
    ...names.flatMap((name) => [replaced(name), dropped(name)]),
  )
}

/** JSON in which fields may come twice or be called `__proto__`, as no object of ours could say. */
const jsonText = (value: unknown): fc.Arbitrary<string> => {
  const text = JSON.stringify(value)
  return fc.oneof(
    { weight: 8, arbitrary: fc.constant(text) },
    fc.constant(text.replace(/^\{/, '{"__proto__":{"quantity":1},')),
    fc.constant(text.replace(/^\{/, '{"quantity":1,')),
    fc.constant(text.slice(0, -1)),
    fc.constant(`\ufeff${text}`),
    fc.constant(`${text}${' '.repeat(5_000)}`),
  )
}

const formType = 'application/x-www-form-urlencoded'

const bodyTypeOf = ({ description }: Operation): string | undefined =>
  Object.keys(at(description, 'requestBody', 'content'))[0]

const bodyFor = (operation: Operation): fc.Arbitrary<Buffer | undefined> => {
  const type = bodyTypeOf(operation)
  const bytes = (text: fc.Arbitrary<string>) => text.map((each): Buffer | undefined => Buffer.from(each))
  if (type === undefined) {
    return fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, bytes(fc.json()))
  }
  const schema = at(operation.description, 'requestBody', 'content', type, 'schema')
  const valid = validBy(schema) as fc.Arbitrary<Record<string, string>>
  if (type === formType) return bytes(valid.map((fields) => new URLSearchParams(fields).toString()))
  return fc.oneof(
    { weight: 4, arbitrary: bytes(valid.map((body) => JSON.stringify(body))) },
    { weight: 6, arbitrary: bytes(valid.chain(mutated).chain(jsonText)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((each) => Buffer.from(each)) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  )
}

const knownIn = (path: string, known: Known): readonly string[] => {
  if (path.startsWith('/purchases')) return known.jobIds
  if (path.startsWith('/orders')) return known.orderIds
  return path.startsWith('/customers') ? known.customerIds : known.productIds
}

const segmentFor = (name: string, there: readonly string[]): fc.Arbitrary<string> => {
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...there) },
    { weight: 2, arbitrary: name === 'jobId' ? fc.uuid() : fc.nat().map(String) },
    { weight: 2, arbitrary: junkText.map((text) => encodeURIComponent(text.toWellFormed())) },
    { weight: 1, arbitrary: fc.constantFrom('%', '%ff', '%00', '%2e%2e', '%2F', '') },
  )
}

const pathFor = ({ path }: Operation, known: Known): fc.Arbitrary<string> => {
  const segments = path.split('/').map((segment) => {
    const name = /^\{(\w+)\}$/.exec(segment)?.[1]
    return name === undefined ? fc.constant(segment) : segmentFor(name, knownIn(path, known))
  })
  const valid = fc.tuple(...segments).map((parts) => parts.join('/'))
  return fc.oneof(
    { weight: 12, arbitrary: valid },
    valid.map((text) => `${text}/`),
    valid.map((text) => text.toUpperCase()),
    fc.tuple(valid, junkText).map(([text, more]) => `${text}/${encodeURIComponent(more.toWellFormed())}`),
  )
}

const parametersOf = ({ description }: Operation, where: string): JsonObject[] =>
  Array.isArray(description.parameters)
    ? description.parameters.map((each) => at(each)).filter((p) => p.in === where)
    : []

const queryFor = (operation: Operation): fc.Arbitrary<string> => {
  const parameters = parametersOf(operation, 'query')
  const pair = (name: string, value: fc.Arbitrary<unknown>) =>
    value.map((each) => `${encodeURIComponent(name)}=${encodeURIComponent(String(each).toWellFormed())}`)
  const pairs = [
    ...parameters.map(({ name, schema }) => pair(String(name), fc.oneof(validBy(at(schema)), junkText))),
    junkText.chain((name) => pair(name.toWellFormed(), junkText)),
    fc.constantFrom('before=%ff', 'before[]=1', '__proto__[a]=1', '&&=', '%'),
  ]
  const some = fc
    .array(fc.oneof(...pairs), { maxLength: 3 })
    .map((all) => (all.length === 0 ? '' : `?${all.join('&')}`))
  return fc.oneof({ weight: parameters.length > 0 ? 1 : 4, arbitrary: fc.constant('') }, some)
}

/** What Node would not send is left out: it never reaches the app. */
const headerText = fc
  .string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 300 })
  .filter((text) => /^[ -~]+$/.test(text))

const callerFor = ({ callers }: Known): fc.Arbitrary<Readonly<Record<string, string>>> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant(callers[0] ?? {}) },
    { weight: 6, arbitrary: fc.constantFrom(...callers) },
    fc.constant({}),
    fc
      .oneof(fc.constantFrom('Basic', 'Basic !', 'Bearer x.y.z', 'Basic YWRtaW46d3Jvbmc='), headerText)
      .map((authorization) => ({ authorization })),
  )

const headersFor = (operation: Operation, known: Known): fc.Arbitrary<Record<string, string | string[]>> => {
  const own = parametersOf(operation, 'header').map(({ name, schema }) => [
    String(name).toLowerCase(),
    fc.oneof(validBy(at(schema)).map(String), headerText, fc.tuple(headerText, headerText)),
  ])
  const rarely = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, arbitrary)
  const all = fc.record({
    ...Object.fromEntries(
      own.map(([name, arbitrary]) => [
        name,
        fc.option(arbitrary as fc.Arbitrary<string>, { nil: undefined }),
      ]),
    ),
    'content-type': fc.oneof(
      { weight: 9, arbitrary: fc.constant<string | undefined>(bodyTypeOf(operation) ?? 'application/json') },
      fc.constantFrom(
        'application/json; charset=utf-8',
        'application/json; charset=latin1',
        'text/plain',
        '*/*',
      ),
      fc.constantFrom(
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
        'application/JSON;',
      ),
      rarely(headerText),
    ),
    'content-encoding': rarely(fc.constantFrom('gzip', 'identity', 'br')),
    'sec-fetch-site': rarely(fc.constantFrom('same-origin', 'cross-site')),
    accept: rarely(fc.constantFrom('text/html', 'text/event-stream', 'application/xml', '*/*;q=0')),
    // Nothing that waits settles here: a longer wait would only take longer.
    prefer: rarely(fc.oneof(fc.constantFrom('wait=0', 'wait=-1', 'wait=x', 'respond-async'), headerText)),
    'last-event-id': rarely(fc.oneof(fc.constantFrom('queued', 'confirmed'), headerText)),
    'x-request-id': rarely(headerText),
    'x-forwarded-for': rarely(headerText),
    origin: rarely(fc.constantFrom('null', 'https://evil.example', shopOrigin)),
    'access-control-request-method': rarely(fc.constantFrom('POST', 'DELETE', 'x')),
    'access-control-request-headers': rarely(
      fc.oneof(fc.constantFrom('content-type,idempotency-key'), headerText),
    ),
    expect: rarely(fc.oneof(fc.constantFrom('100-continue', 'wonders'), headerText)),
  })
  return fc
    .tuple(callerFor(known), all)
    .map(([caller, headers]) =>
      Object.fromEntries(
        Object.entries({ ...headers, ...caller }).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, value as string]],
        ),
      ),
    )
}

/** Whose pages may call, where any may. */
export const shopOrigin = 'https://shop.example'

const otherMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']

/** Mostly what the document describes, with anything about it wrong now and then. */
export const arbitraryRequest = (operations: readonly Operation[], known: Known): fc.Arbitrary<FuzzRequest> =>
  fc.constantFrom(...operations).chain((operation) =>
    fc.record({
      method: fc.oneof(
        { weight: 9, arbitrary: fc.constant(operation.method.toUpperCase()) },
        fc.constantFrom(...otherMethods),
      ),
      path: fc.tuple(pathFor(operation, known), queryFor(operation)).map((parts) => parts.join('')),
      headers: headersFor(operation, known),
      body: bodyFor(operation),
    }),
  )

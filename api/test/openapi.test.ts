import { browserOfFile } from '@flash-sale/local/browser.ts'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { problemCodes, problems } from '@flash-sale/shared/contract/problem.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mountsOfApp, routesOfApp } from './app-routes.ts'
import {
  at,
  contentsOf,
  dereferenced,
  operationsOf,
  publishedDocument,
  wrongBy,
} from './published-contract.ts'
import { type ServedApi, serveApi } from './served-api.ts'

const stores = isolatedStores()
const browser = browserOfFile()
let api: ServedApi
beforeAll(async () => {
  api = await serveApi(stores)
})
afterAll(() => api.close())

const document = publishedDocument()
const operations = operationsOf(document)
const contents = operations.flatMap(contentsOf)

/** For people only, hence no part of the contract. */
const pages: readonly string[] = [
  'get /',
  'get /admin/locks/assets/{file}',
  'get /admin/locks/events',
  'get /assets/board-names.js',
  'get /assets/icon.svg',
  'get /assets/page.css',
  'get /docs',
  'get /favicon.ico',
  'get /shop/{file}',
]

test('every route of the app is in the document, and every one in the document is in the app', () => {
  const documented = operations.map(({ method, path }) => `${method} ${path}`)
  expect([...documented, ...pages].toSorted()).toEqual(routesOfApp(api.app))
})

test('nothing else answers anywhere but what is known to', () => {
  expect(mountsOfApp(api.app)).toEqual([
    // Who may come near, and Bull Board.
    '/admin',
    '/admin,/metrics',
    '/admin/queues',
    '/admin/queues/api',
    '/docs',
  ])
})

test('every parameter of a path is described, and no other', () => {
  for (const { path, description } of operations) {
    const parameters = Array.isArray(description.parameters)
      ? description.parameters.map((each) => at(each))
      : []
    const names = parameters.filter((each) => each.in === 'path').map((each) => each.name)
    expect({ path, names }).toEqual({ path, names: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name) })
  }
})

test('operations have names of their own', () => {
  const names = operations.map(({ description }) => description.operationId)
  expect(new Set(names).size).toBe(operations.length)
  expect(names).not.toContain(undefined)
})

test('every problem code is in an answer of its status', () => {
  const beyondRoutes = Object.values(at(document, 'components', 'responses')).map((answer) => at(answer))
  const answers = operations.flatMap(({ description }) =>
    Object.values(at(description, 'responses')).map((a) => at(a)),
  )
  const seen = new Set<string>()
  for (const answer of [...answers, ...beyondRoutes]) {
    const examples = at(answer, 'content', 'application/problem+json', 'examples')
    for (const code of Object.keys(examples)) seen.add(code)
  }
  expect([...seen].toSorted()).toEqual(problemCodes.toSorted())
})

test('a problem stands under its own status', () => {
  for (const { description } of operations) {
    for (const [status, answer] of Object.entries(at(description, 'responses'))) {
      const codes = Object.keys(at(answer, 'content', 'application/problem+json', 'examples'))
      expect(
        codes.filter((code) => String(problems[code as keyof typeof problems].status) !== status),
      ).toEqual([])
    }
  }
})

describe('examples', () => {
  test('every body has one, and each is what its schema says', () => {
    expect(contents.length).toBeGreaterThan(30)
    for (const [where, content] of contents) {
      const own = Object.values(at(content, 'examples')).map((example) => at(example).value)
      const ofSchema = at(content, 'schema').examples
      const items = at(content, 'schema', 'items').examples
      const examples = [
        ...own,
        ...(Array.isArray(ofSchema) ? ofSchema : []),
        ...(Array.isArray(items) ? [items] : []),
      ]
      expect(examples, where).not.toHaveLength(0)
      for (const example of examples) {
        expect({ where, wrong: wrongBy(content.schema, example) }).toEqual({ where, wrong: undefined })
      }
    }
  })

  test('those of parameters and headers, too', () => {
    const parameters = operations.flatMap(({ description }) =>
      Array.isArray(description.parameters) ? description.parameters.map((each) => at(each)) : [],
    )
    const headers = Object.values(at(document, 'components', 'headers')).map((each) => at(each))
    for (const { name, schema, example } of [...parameters, ...headers]) {
      const given = example ?? (at(schema).examples as unknown[] | undefined)?.[0]
      expect({ name, given }).not.toEqual({ name, given: undefined })
      expect({ name, wrong: wrongBy(schema, given) }).toEqual({ name, wrong: undefined })
    }
  })

  test('a wrong one would be found', () => {
    const schema = dereferenced(document, at(document, 'components', 'schemas', 'Product'))
    const [example] = at(schema).examples as [object]
    expect(wrongBy(schema, { ...example, stock: '1' })).toContain('stock')
    expect(wrongBy(schema, { ...example, price: 1 })).toContain('price')
  })
})

describe('is served', () => {
  test('as JSON', async () => {
    const answer = await api.call('/openapi.json')
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(answer.body).toEqual(document)
  })

  test('as a page, all of whose files are our own', async () => {
    const redirect = await api.call('/docs?x=1')
    expect([redirect.status, redirect.headers.get('location')]).toEqual([301, 'docs/?x=1'])
    const page = await api.call('/docs/')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'")
    expect(page.headers.get('referrer-policy')).toBe('same-origin')
    expect(page.headers.get('cross-origin-opener-policy')).toBe('same-origin')
    const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => String(file))
    expect(files.length).toBeGreaterThan(3)
    for (const file of files) {
      expect(file).toMatch(/^(\.|\.\.\/assets)\/[\w.-]+$/)
      expect({ file, status: (await api.call(`/docs/${file}`)).status }).toEqual({ file, status: 200 })
    }
    expect(page.text).not.toMatch(/<script>/)
    expect((await api.call('/docs/swagger-ui-init.js')).text).toContain('"swaggerUrl": "../openapi.json"')
  })

  test.skipIf(!browser.available)('in a browser, whole and without a word to anybody else', async () => {
    const { page, consoleErrors, foreignRequests } = await browser.openPage()
    await page.goto(`http://127.0.0.1:${api.port}/docs`)
    await page.locator('#operations-Purchases-buy').waitFor()
    expect(await page.locator('.opblock').count()).toBe(operations.length)
    await page.locator('#operations-Purchases-buy .opblock-summary-control').click()
    await page.getByText('Only with Prefer: wait: confirmed.').waitFor()
    expect({ consoleErrors, foreignRequests }).toEqual({ consoleErrors: [], foreignRequests: [] })
  })

  test.each(['/docs/nothing.js', '/docs/../package.json', '/docs/package.json'])(
    '%s is not',
    async (path) => {
      expect((await api.call(path)).status).toBe(404)
    },
  )
})

/** Roles, sign-in and CSRF below `/admin`. Wrong tokens are in bad-admin-calls.test.ts. */
import { appRoutes } from '@bull-board/api/dist/routes.js'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectProblem } from './expect-problem.ts'
import { operationsOf, publishedDocument } from './published-contract.ts'
import {
  type Answer,
  adminHeaders,
  basic,
  type ServedApi,
  serveApi,
  tokens,
  viewerHeaders,
} from './served-api.ts'

const stores = isolatedStores()
let api: ServedApi
let origin: string
let productId: number

beforeAll(async () => {
  api = await serveApi(stores)
  origin = `http://127.0.0.1:${api.port}`
  productId = await api.createProduct({ demo: true })
})
afterAll(() => api.close())

const form = (fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> =>
  api.call('/admin/sign-in', {
    method: 'POST',
    raw: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin, ...headers },
  })

const signIn = async (name: string, token: string): Promise<{ cookie: string }> => {
  const answer = await form({ name, token })
  return { cookie: (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '' }
}

describe('a viewer', () => {
  test.each(['/admin/queues', '/admin/queues/api/queues', '/admin/products/1/verify'])(
    'reads %s',
    async (path) => {
      expect((await api.call(path, { headers: viewerHeaders })).status).toBe(200)
      expect(
        (await api.call(path, { headers: { authorization: basic('watcher', tokens.watcher) } })).status,
      ).toBe(200)
    },
  )

  /** Every write that Bull Board's own table of routes has, and ours. */
  const boardWrites = appRoutes.api.flatMap(({ method, route }) =>
    [method]
      .flat()
      .filter((name) => name !== 'get')
      .flatMap((name) =>
        [route].flat().map((path): [string, string] => {
          const filled = path.replace(':queueName', 'purchases').replace(/:\w+/g, '1')
          return [name.toUpperCase(), `/admin/queues${filled}`]
        }),
      ),
  )
  /** The document is complete: `openapi.test.ts` compares it with the app. */
  const documentedWrites = operationsOf(publishedDocument())
    .filter(({ method, path }) => method !== 'get' && /^\/admin\/(?!sign-)/.test(path))
    .map(({ method, path }): [string, string] => [method.toUpperCase(), path.replace('{id}', '1')])
  const writes: [method: string, path: string][] = [
    ...boardWrites,
    ...documentedWrites,
    ['DELETE', '/admin/products/1'],
    ['POST', '/admin/anything/to/come'],
    ['POST', '/ADMIN/products'],
    ['POST', '/metrics'],
  ]
  test('Bull Board has writes, and so have we', () => {
    expect(boardWrites.length).toBeGreaterThan(15)
    expect(documentedWrites.length).toBeGreaterThan(7)
  })

  test.each(writes)('may not %s %s', async (method, path) => {
    const answer = await api.call(path, { method, json: { quantity: 1 }, headers: viewerHeaders })
    expectProblem(answer, 403, 'forbidden')
    expect(answer.body.detail).toContain('watcher')
  })

  test('may not by another name of the method either', async () => {
    const headers = { ...viewerHeaders, 'x-http-method-override': 'GET' }
    const answer = await api.call(`/admin/products/${productId}/restock?_method=GET`, {
      json: { quantity: 1 },
      headers,
    })
    expectProblem(answer, 403, 'forbidden')
  })

  test('changed nothing', async () => {
    expect((await api.call(`/products/${productId}`)).body.stock).toBe(100)
    expect(await api.queue.isPaused()).toBe(false)
  })
})

test('nobody looks at /metrics without a token', async () => {
  for (const accept of ['*/*', 'text/html']) {
    expectProblem(await api.call('/metrics', { headers: { accept } }), 401, 'unauthorized')
  }
  expect((await api.call('/metrics', { headers: viewerHeaders })).status).toBe(200)
})

describe('signing in', () => {
  const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

  test('a browser is led to the form, from it into the dashboard, and out again', async () => {
    const asked = '/admin/queues/queue/purchases?status=failed'
    const sent = await api.call(asked, { headers: html })
    expect(sent.status).toBe(303)
    const location = sent.headers.get('location') ?? ''
    expect(location).toBe(`/admin/sign-in?next=${encodeURIComponent(asked)}`)

    const page = await api.call(location, { headers: html })
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page.text).toContain(`<input type="hidden" name="next" value="${asked}">`)

    const entered = await form({ name: 'watcher', token: tokens.watcher, next: asked })
    expect({ status: entered.status, to: entered.headers.get('location') }).toEqual({
      status: 303,
      to: asked,
    })
    const cookie = (entered.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
    expect(entered.headers.get('set-cookie')).toMatch(/; Path=\/admin; HttpOnly; SameSite=Strict$/)
    expect(entered.headers.get('set-cookie')).not.toContain(tokens.watcher)
    expect((await api.call(asked, { headers: { ...html, cookie } })).status).toBe(200)
    expect((await api.call('/admin/sign-in', { headers: { cookie } })).text).toContain(
      'Signed in as <strong>watcher',
    )

    const left = await api.call('/admin/sign-out', { method: 'POST', headers: { cookie, origin } })
    expect({ status: left.status, to: left.headers.get('location') }).toEqual({
      status: 303,
      to: '/admin/sign-in',
    })
    expect(left.headers.get('set-cookie')).toMatch(/^flash-sale-admin=; Max-Age=0; Path=\/admin/)
  })

  test('nothing in the page runs, loads or leaves, and nobody may frame it', async () => {
    const { headers, text } = await api.call('/admin/sign-in')
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; img-src 'self'; style-src 'self' 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
    )
    expect(headers.get('referrer-policy')).toBe('same-origin')
    expect(text).not.toMatch(/<script|https?:|\son\w+=|style="/)
  })

  test.each([
    ['another token', { name: 'admin', token: 'wrong' }],
    ["another admin's token", { name: 'admin', token: tokens.watcher }],
    ['another name', { name: 'root', token: tokens.admin }],
    ['nothing', {}],
  ])('%s is refused, and the token is not shown', async (_what, fields) => {
    const answer = await form({ next: '/admin/locks', ...fields })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('set-cookie')).toBeNull()
    expect(answer.text).toContain('role="alert"')
    expect(answer.text).toContain('value="/admin/locks"')
    expect(answer.text).not.toMatch(/wrong|look-but|correct-horse/)
  })

  test('a name is text in the page, and a foreign address no place to go', async () => {
    const answer = await form({ name: '"><script>alert(1)</script>', token: 'x', next: '//evil.example' })
    expect(answer.text).not.toContain('<script')
    expect(answer.text).toContain('value="/admin/queues"')
    const entered = await form({ name: 'admin', token: tokens.admin, next: 'https://evil.example/admin' })
    expect(entered.headers.get('location')).toBe('/admin/queues')
  })

  test.each([
    ['JSON', 'application/json', '{"name":"admin"}'],
    ['too much', 'application/x-www-form-urlencoded', 'a'.repeat(10_000)],
  ])('%s is no form', async (_what, type, raw) => {
    const headers = { 'content-type': type, origin }
    expect((await api.call('/admin/sign-in', { method: 'POST', raw, headers })).status).toBe(401)
  })

  test('a program gets no page, and a script in a page no password prompt', async () => {
    const program = await api.call('/admin/queues', { headers: { accept: '*/*' } })
    expectProblem(program, 401, 'unauthorized')
    expect(program.headers.get('www-authenticate')).toMatch(/^Basic /)
    const script = await api.call('/admin/queues/api/queues', {
      headers: { 'sec-fetch-site': 'same-origin' },
    })
    expectProblem(script, 401, 'unauthorized')
    expect(script.headers.get('www-authenticate')).toMatch(/^Bearer /)
  })
})

describe('writes that a browser sends by itself come from our own pages', () => {
  const proofs: [what: string, headers: () => Promise<Record<string, string>>][] = [
    ['cookie', () => signIn('admin', tokens.admin)],
    ['Basic', async () => ({ authorization: basic('admin', tokens.admin) })],
  ]
  const senders: [what: string, headers: () => Record<string, string>, status: number][] = [
    ['our page', () => ({ 'sec-fetch-site': 'same-origin', origin }), 200],
    ['our page, in a browser without Sec-Fetch-Site', () => ({ origin }), 200],
    [
      'another host of the same domain',
      () => ({ 'sec-fetch-site': 'same-site', origin: 'https://x.example' }),
      403,
    ],
    ['another site', () => ({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }), 403],
    ['another site, whatever Origin says', () => ({ 'sec-fetch-site': 'cross-site', origin }), 403],
    ['another origin', () => ({ origin: 'https://evil.example' }), 403],
    ['another port', () => ({ origin: 'http://127.0.0.1:1' }), 403],
    ['a sandboxed frame', () => ({ origin: 'null' }), 403],
    ['no page', () => ({}), 403],
  ]
  test.each(
    proofs.flatMap(([proof, proofHeaders]) =>
      senders.map(
        ([sender, senderHeaders, status]) => [proof, sender, status, proofHeaders, senderHeaders] as const,
      ),
    ),
  )('%s from %s: %i', async (_proof, _sender, status, proofHeaders, senderHeaders) => {
    const headers = { ...(await proofHeaders()), ...senderHeaders() }
    const answer = await api.call(`/admin/products/${productId}/reset`, { json: { stock: 5 }, headers })
    if (status === 403) expectProblem(answer, 403, 'forbidden')
    else expect(answer.status).toBe(status)
  })

  test('a program with a token has no page to name', async () => {
    const headers = { ...adminHeaders, origin: 'https://evil.example' }
    const answer = await api.call(`/admin/products/${productId}/reset`, { json: { stock: 5 }, headers })
    expect(answer.status).toBe(200)
  })

  test.each(['/admin/sign-in', '/admin/sign-out'])('%s is not for other sites', async (path) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://evil.example' }
    const raw = `name=admin&token=${tokens.admin}`
    const answer = await api.call(path, { method: 'POST', raw, headers })
    expectProblem(answer, 403, 'forbidden')
    expect(answer.headers.get('set-cookie')).toBeNull()
  })
})

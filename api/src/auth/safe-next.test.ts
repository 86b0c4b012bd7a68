import fc from 'fast-check'
import { expect, test } from 'vitest'
import { safeNext } from './safe-next.ts'

test.each([
  ['/admin', '/admin'],
  ['/admin/locks', '/admin/locks'],
  ['/admin/queues/queue/purchases?status=failed', '/admin/queues/queue/purchases?status=failed'],
  ['/admin/locks#x', '/admin/locks'],
])('%s is kept', (given, next) => {
  expect(safeNext(given)).toBe(next)
})

test.each([
  undefined,
  ['/admin/locks', '/admin/locks'],
  '',
  '/',
  'admin/locks',
  '//evil.example',
  '//evil.example/admin',
  '/\\evil.example',
  '\\\\evil.example/admin',
  '/\t/evil.example',
  'https://evil.example/admin',
  'http://localhost/admin',
  'http:/admin',
  'javascript:alert(1)',
  'data:text/html,x',
  ' /admin',
  '/administrator',
  '/admin.evil.example',
  '/admin/../purchases',
  '/admin/..//evil.example',
  '/admin/%2e%2e/purchases',
  '/admin/sign-in?next=/admin/sign-in',
  '/admin/sign-out',
  `/admin/${'a'.repeat(500)}`,
])('%j leads to the dashboard', (given) => {
  expect(safeNext(given)).toBe('/admin/queues')
})

test('whatever is given, a browser stays on this host, below /admin', () => {
  const parts = fc.constantFrom(
    '/',
    '\\',
    '..',
    'admin',
    '//',
    '@',
    ':',
    'evil.example',
    '\t',
    '\n',
    '%2f',
    '#',
    '?',
  )
  const addresses = fc.oneof(
    fc.string(),
    fc.webUrl(),
    fc.array(parts).map((all) => `/admin${all.join('')}`),
  )
  fc.assert(
    fc.property(addresses, (given) => {
      const url = new URL(safeNext(given), 'https://shop.example/admin/sign-in')
      expect(url.origin).toBe('https://shop.example')
      expect(url.pathname).toMatch(/^\/admin(\/|$)/)
      expect(safeNext(given)).not.toMatch(/[\r\n\t]|^.[^?]*\\/)
    }),
  )
})

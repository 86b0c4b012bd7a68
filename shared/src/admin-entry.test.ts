import { expect, test } from 'vitest'
import { adminEntryOf, newAdminToken, readAdminEntries } from './admin-entry.ts'

test('what is made is read', () => {
  const [first, second] = [newAdminToken(), newAdminToken()]
  expect(first).toMatch(/^[\w-]{32}$/)
  expect(second).not.toBe(first)
  const text = `${adminEntryOf('ops', 'operator', first)}, ${adminEntryOf('wall.screen', 'viewer', second)}`
  expect(text).not.toContain(first)
  expect(readAdminEntries(text)).toMatchObject({
    valid: true,
    entries: [
      { name: 'ops', role: 'operator' },
      { name: 'wall.screen', role: 'viewer' },
    ],
  })
})

const digest = 'a'.repeat(64)

test.each([
  ['a token in place of its digest', 'ops:operator:s3cret', /expected name:viewer:SHA-256 .* as entry 1/],
  ['no role', `ops:${digest}`, /as entry 1/],
  ['an unknown role', `ops:root:${digest}`, /as entry 1/],
  ['no name', `:viewer:${digest}`, /as entry 1/],
  ['a name with a blank', `a b:viewer:${digest}`, /as entry 1/],
  ['more parts', `ops:viewer:${digest}:x`, /as entry 1/],
  ['a comma at the end', `ops:viewer:${digest},`, /as entry 2/],
  [
    'a name twice',
    `ops:viewer:${digest},ops:operator:${digest}`,
    /expected names that differ, got ops twice/,
  ],
])('%s is refused without being repeated', (_what, text, why) => {
  const read = readAdminEntries(text)
  expect(read).toEqual({ valid: false, why: expect.stringMatching(why) })
  expect(JSON.stringify(read)).not.toMatch(/s3cret|aaaa/)
})

import { adminEntryOf, readAdminEntries } from '@flash-sale/shared/admin-entry.ts'
import { describe, expect, test } from 'vitest'
import { openAdmins } from './admins.ts'
import { openSessions } from './sessions.ts'

const adminsOf = (...entries: string[]) => {
  const read = readAdminEntries(entries.join(','))
  if (!read.valid) throw new Error(read.why)
  return { admins: openAdmins(read.entries), entries: read.entries }
}

const ops = adminEntryOf('ops', 'operator', 'token of ops')
const wall = adminEntryOf('wall', 'viewer', 'token of wall')
const secret = 's'.repeat(32)
const startMs = Date.parse('2030-01-01T00:00:00Z')
const { admins, entries } = adminsOf(ops, wall)
const [opsEntry, wallEntry] = entries

const sessions = (changes: { at?: number; secret?: string; secure?: boolean; admins?: typeof admins } = {}) =>
  openSessions(changes.admins ?? admins, {
    secret: changes.secret ?? secret,
    secure: changes.secure ?? false,
    now: () => changes.at ?? startMs,
  })

/** What a browser sends back. */
const cookieOf = (setCookie: string): string => setCookie.split(';')[0] ?? ''

const begun = (entry = opsEntry): string => {
  if (!entry) throw new Error('no entry')
  return cookieOf(sessions().begin(entry))
}

test('a session is its admin for eight hours', () => {
  expect(sessions().sessionOf(begun())?.admin).toBe(opsEntry)
  expect(sessions().sessionOf(begun(wallEntry))?.admin).toBe(wallEntry)
  expect(sessions({ at: startMs + 8 * 3_600_000 - 1 }).sessionOf(`theme=dark; ${begun()}`)?.admin).toBe(
    opsEntry,
  )
})

test('its cookie is for /admin of this host only, and no script reads it', () => {
  if (!opsEntry) throw new Error('no entry')
  const plain = sessions().begin(opsEntry)
  expect(plain).toMatch(/^flash-sale-admin=[\w.-]+; Max-Age=28800; Path=\/admin; HttpOnly; SameSite=Strict$/)
  const secure = sessions({ secure: true }).begin(opsEntry)
  expect(secure).toMatch(/^__Secure-flash-sale-admin=.*; Path=\/admin; HttpOnly; SameSite=Strict; Secure$/)
  expect(sessions({ secure: true }).end()).toMatch(
    /^__Secure-flash-sale-admin=; Max-Age=0; Path=\/admin;.* Secure$/,
  )
})

describe('no session', () => {
  const [name = '', value = ''] = begun().split('=')
  const [who = '', until = '', signature = ''] = value.split('.')
  const wallName = Buffer.from('wall').toString('base64url')
  const forged: [what: string, cookie: string | undefined][] = [
    ['no cookie', undefined],
    ['an empty one', `${name}=`],
    ['noise', `${name}=a.b.c`],
    ['no signature', `${name}=${who}.${until}`],
    ['an empty signature', `${name}=${who}.${until}.`],
    ['a signature of another length', `${name}=${who}.${until}.${signature.slice(1)}`],
    ['another signature', `${name}=${who}.${until}.${'A'.repeat(43)}`],
    ['another admin', `${name}=${wallName}.${until}.${signature}`],
    ['an unknown admin', `${name}=${Buffer.from('root').toString('base64url')}.${until}.${signature}`],
    ['a later end', `${name}=${who}.${Number(until) + 1}.${signature}`],
    ['another cookie', `other=${value}`],
  ]
  test.each(forged)('%s', (_what, cookie) => {
    expect(sessions().sessionOf(cookie)).toBeUndefined()
  })

  test.each([
    ['expired', { at: startMs + 8 * 3_600_000 }],
    ['signed by another process', { secret: 'x'.repeat(32) }],
    ['without the prefix where it is needed', { secure: true }],
    ['of an admin whose entry is gone', { admins: adminsOf(wall).admins }],
    [
      'of an admin who has another token now',
      { admins: adminsOf(adminEntryOf('ops', 'operator', 'new')).admins },
    ],
  ])('%s', (_what, changes) => {
    expect(sessions(changes).sessionOf(begun())).toBeUndefined()
  })

  test('a planted cookie of the same name does not shadow the right one', () => {
    expect(sessions().sessionOf(`${name}=${who}.1.${signature}; ${begun()}`)?.admin).toBe(opsEntry)
  })
})

test('a role that changed holds at once', () => {
  const demoted = adminsOf(adminEntryOf('ops', 'viewer', 'token of ops')).admins
  expect(sessions({ admins: demoted }).sessionOf(begun())?.admin.role).toBe('viewer')
})

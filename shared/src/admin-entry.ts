/** Entries of `ADMIN_TOKENS`, made and read here. They hold a digest only: the token itself is kept by its owner. */
import { hash, randomBytes } from 'node:crypto'

/** A `viewer` reads everything below `/admin`, an `operator` may write as well. */
export const adminRoles = ['viewer', 'operator'] as const
export type AdminRole = (typeof adminRoles)[number]

export interface AdminEntry {
  name: string
  role: AdminRole
  /** SHA-256 of the token. */
  digest: Buffer
}

/** The name is the user of HTTP Basic, so it holds no colon. */
const namePattern = /^[A-Za-z0-9][\w.@-]{0,31}$/
const digestPattern = /^[0-9a-f]{64}$/i

export const isAdminName = (name: string): boolean => namePattern.test(name)

export const isAdminRole = (role: string): role is AdminRole => adminRoles.some((known) => known === role)

/** A new token of 192 random bits: too many to guess, so a fast digest of it may be kept. */
export const newAdminToken = (): string => randomBytes(24).toString('base64url')

/** `name:role:digest`, as `ADMIN_TOKENS` wants it. */
export const adminEntryOf = (name: string, role: AdminRole, token: string): string =>
  `${name}:${role}:${hash('sha256', token)}`

export type AdminEntries = { valid: true; entries: AdminEntry[] } | { valid: false; why: string }

const expected = 'expected name:viewer:SHA-256 or name:operator:SHA-256 as npm run admin-token prints it'

/**
 * Reads entries with commas between them. `why` repeats nothing of an entry but a name that is there twice: somebody
 * may have pasted the token itself.
 */
export const readAdminEntries = (text: string): AdminEntries => {
  const entries: AdminEntry[] = []
  for (const [at, entry] of text.split(',').entries()) {
    const [name = '', role = '', digest = '', ...more] = entry.trim().split(':')
    if (!isAdminName(name) || !isAdminRole(role) || !digestPattern.test(digest) || more.length > 0)
      return { valid: false, why: `${expected}, got something else as entry ${at + 1}` }
    if (entries.some((other) => other.name === name))
      return { valid: false, why: `expected names that differ, got ${name} twice` }
    entries.push({ name, role, digest: Buffer.from(digest, 'hex') })
  }
  return { valid: true, entries }
}

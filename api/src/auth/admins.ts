import { hash, timingSafeEqual } from 'node:crypto'
import type { AdminEntry } from '@flash-sale/shared/admin-entry.ts'
import type { Credentials } from './credentials.ts'

/** Those who may come to `/admin`. */
export interface Admins {
  /**
   * Whose token this is; with a name, only that admin's. The time it takes tells nothing about the tokens: digests of
   * equal length are compared, and always all of them.
   */
  withToken(token: string, name?: string): AdminEntry | undefined
  /** Whose `Authorization` header this is. */
  withCredentials(given: Exclude<Credentials, { scheme: 'none' | 'other' }>): AdminEntry | undefined
  named(name: string): AdminEntry | undefined
}

export const openAdmins = (entries: readonly AdminEntry[]): Admins => {
  const withToken: Admins['withToken'] = (token, name) => {
    const digest = hash('sha256', token, 'buffer')
    let found: AdminEntry | undefined
    for (const entry of entries) {
      const same = timingSafeEqual(entry.digest, digest)
      if (same && (name === undefined || entry.name === name)) found = entry
    }
    return found
  }
  return {
    withToken,
    withCredentials: (given) =>
      given.scheme === 'basic' ? withToken(given.password, given.user) : withToken(given.token),
    named: (name) => entries.find((entry) => entry.name === name),
  }
}

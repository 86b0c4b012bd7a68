import type { Strategy } from '@flash-sale/shared/contract/purchase.ts'

/** A value read from the command line, or what was expected in its place; a secret one is not repeated. */
export type Read<T> = { ok: true; value: T } | { ok: false; expected: string; hint?: string; secret?: true }

/** Reads a whole number in plain digits, from `min` to `max`, both included. */
export const wholeNumber =
  (min: number, max: number) =>
  (text: string): Read<number> => {
    // Number() alone would take '', ' 5 ', '0x10' and '1e3'.
    const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return { ok: true, value }
    return { ok: false, expected: `a whole number from ${min} to ${max}` }
  }

export function readStrategy(text: string): Read<Strategy> {
  if (text === 'locked' || text === 'naive') return { ok: true, value: text }
  return { ok: false, expected: 'locked or naive' }
}

/** Reads the address of an engine and gives its origin, without a slash at the end. */
export function readAddress(text: string): Read<string> {
  const expected = 'an address like http://localhost:3000'
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) return { ok: false, expected }
  if (url.username !== '' || url.password !== '') {
    const hint = 'give the token as --admin TOKEN'
    return { ok: false, expected: `${expected} without credentials`, hint, secret: true }
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    return { ok: false, expected: `${expected}, without a path` }
  return { ok: true, value: url.origin }
}

/** Reads an admin's token, as it travels in a header. */
export function readToken(text: string): Read<string> {
  if (!/^[\w.~+/-]+=*$/.test(text)) return { ok: false, expected: "an admin's token", secret: true }
  return { ok: true, value: text }
}

export function readFileName(text: string): Read<string> {
  if (text === '' || text.includes('\0')) return { ok: false, expected: 'a file name' }
  return { ok: true, value: text }
}

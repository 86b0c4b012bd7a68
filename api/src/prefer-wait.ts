/** The preference `wait` of a request (RFC 7240): how long the client would have its answer held for the outcome. */
import type { IncomingMessage } from 'node:http'

export const waitSMax = 30

/**
 * Splits at a separator, but not within quotation marks. What follows an unclosed mark stays in one piece.
 */
const split = (text: string, separator: string): string[] => {
  const parts: string[] = []
  let part = ''
  let quoted = false
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at)
    if (quoted && char === '\\') {
      part += text.slice(at, at + 2)
      at += 1
      continue
    }
    if (char === '"') quoted = !quoted
    if (char === separator && !quoted) {
      parts.push(part)
      part = ''
    } else part += char
  }
  parts.push(part)
  return parts
}

const waitPreference = /^wait\s*=\s*(?:"(\d+)"|(\d+))$/i
const namesWait = /^wait\s*(=|$)/i

/**
 * Whole seconds, 0 to 30; more than 30 counts as 30. Undefined when there is no such preference or it is malformed, which
 * RFC 7240 has ignored. Of several the first counts.
 */
export const preferredWaitS = (request: Pick<IncomingMessage, 'headers'>): number | undefined => {
  const given = request.headers.prefer
  if (given === undefined) return undefined
  const preferences = split(String(given), ',').map((preference) => (split(preference, ';')[0] ?? '').trim())
  const first = preferences.find((preference) => namesWait.test(preference))
  const [, quoted, plain] = waitPreference.exec(first ?? '') ?? []
  const digits = quoted ?? plain
  return digits === undefined ? undefined : Math.min(waitSMax, Number(digits))
}

import type { Request } from 'express'

const hostOf = (origin: string): string | undefined =>
  URL.canParse(origin) ? new URL(origin).host : undefined

/**
 * Whether a browser says that one of our own pages sent this. `Sec-Fetch-Site` cannot be set by a page; where a browser
 * leaves it out (plain HTTP), `Origin` has to name the host that was asked. What says neither is not taken for ours.
 */
export const isSameOrigin = (request: Request): boolean => {
  const site = request.get('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin'
  const origin = request.get('origin')
  return origin !== undefined && hostOf(origin) === request.host
}

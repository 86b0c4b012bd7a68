const fallback = '/admin/queues'
const lengthMax = 500

/** Any host will do: an address that leaves it is not ours. */
const base = 'http://localhost'

/**
 * Where to go after signing in: an address below `/admin`, as a path, whatever was given. Never another host, and not
 * the sign-in itself.
 */
export const safeNext = (given: unknown): string => {
  if (typeof given !== 'string' || given.length > lengthMax || !URL.canParse(given, base)) return fallback
  const url = new URL(given, base)
  const path = url.pathname
  const ours = url.origin === base && given.startsWith('/admin') && /^\/admin(\/|$)/.test(path)
  if (!ours || /^\/admin\/sign-(in|out)\b/i.test(path)) return fallback
  return path + url.search
}

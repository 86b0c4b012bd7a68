import type { Express } from 'express'

interface Layer {
  rawPath?: unknown
  route?: { path: string; methods: Record<string, boolean> }
  handle: { stack?: Layer[] }
}

const walk = (stack: readonly Layer[], prefix: string): string[] =>
  stack.flatMap(({ route, rawPath, handle }) => {
    if (route) {
      // The root of a mounted router is the address that it is mounted at.
      const path = (prefix && route.path === '/' ? prefix : prefix + route.path).replace(/:(\w+)/g, '{$1}')
      const named = Object.keys(route.methods).filter((method) => method !== '_all')
      return named.map((method) => `${method} ${path}`)
    }
    if (!handle.stack) return []
    if (typeof rawPath !== 'string')
      throw new Error(`a router below ${prefix}: expected a path of plain text`)
    return walk(handle.stack, prefix + (rawPath === '/' ? '' : rawPath))
  })

const mounts = (stack: readonly Layer[], prefix: string): string[] =>
  stack.flatMap(({ route, rawPath, handle }) => {
    const path = prefix + (rawPath === '/' ? '' : String(rawPath))
    if (route) return []
    if (handle.stack) return mounts(handle.stack, path)
    return path === '' ? [] : [path]
  })

/**
 * Where something else than a route may answer, to which nobody can see from here: middleware for a part of the app, and
 * what others have made. What is for the whole app is left out.
 */
export const mountsOfApp = (app: Express): string[] =>
  [...new Set(mounts(app.router.stack as unknown as Layer[], ''))].toSorted()

/** Every method and path that the app has a route for, as `get /products/{id}`; also those of mounted routers. */
export const routesOfApp = (app: Express): string[] =>
  walk(app.router.stack as unknown as Layer[], '').toSorted()

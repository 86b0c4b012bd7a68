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

/** Every method and path that the app has a route for, as `get /products/{id}`; also those of mounted routers. */
export const routesOfApp = (app: Express): string[] =>
  walk(app.router.stack as unknown as Layer[], '').toSorted()

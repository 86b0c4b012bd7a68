import { readFileSync } from 'node:fs'
import type { Application, RequestHandler } from 'express'

const style = readFileSync(new URL('board-page.css', import.meta.url), 'utf8')

const script = '<script defer src="/assets/board-names.js"></script>'

/**
 * Bull Board's page without what it would load from other hosts (fonts; it has others to fall back on), with our style, and
 * our script that names its nameless buttons.
 */
export const ownPage = (html: string): string =>
  html
    .replace(/[ \t]*<(link|script)\b[^>]*\b(href|src)="(https?:)?\/\/[^>]*>(\s*<\/script>)?\n?/g, '')
    .replace('</head>', `<style>${style}</style>${script}</head>`)

/** Makes the handlers after it render views of `board` as `ownPage`. */
export const renderOwnPages =
  (board: Application): RequestHandler =>
  (_request, response, next) => {
    response.render = (view: string, params?: object) =>
      board.render(view, params, (error: Error | null, html: string) => {
        if (error) next(error)
        else response.send(ownPage(html))
      })
    next()
  }

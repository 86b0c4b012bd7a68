/** Files of our pages, read once and sent from memory. */
import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { extname } from 'node:path'
import type { Request, Response } from 'express'

export interface PageFile {
  type: string
  text: string
  etag: string
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** A file of this text, for a name with one of our endings. @throws for any other. */
export const pageFile = (name: string, text: string): PageFile => {
  const type = types[extname(name)]
  if (type === undefined) throw new Error(`${name}: expected .html, .css, .js or .svg`)
  return { type, text, etag: `"${hash('sha256', text, 'base64url')}"` }
}

/** The text of a file. @throws when it cannot be read. */
export const readPageText = (file: URL): string => readFileSync(file, 'utf8')

/** Browsers keep it and ask each time whether it is still the same. */
const askedEachTime = 'no-cache'
export const keptForADay = 'public, max-age=86400'

/** Sends a file, or 304 to who has it already. */
export const sendPageFile = (
  request: Request,
  response: Response,
  { type, text, etag }: PageFile,
  cacheControl = askedEachTime,
): void => {
  response.setHeader('Cache-Control', cacheControl)
  response.setHeader('ETag', etag)
  if (request.fresh) return void response.status(304).end()
  response.setHeader('Content-Type', type)
  response.end(text)
}

import { join, relative } from 'node:path'
import { projectRoot } from './config.ts'
import type { AdminCredentials } from './engine.ts'

export interface BannerFacts {
  url: string
  admin: AdminCredentials
  workers: number
  dataDirectory: string
  /** Those that we started ourselves. */
  embedded: readonly ('Postgres' | 'Redis')[]
  readyAfterMs: number
}

const shortened = (path: string): string => {
  const inside = relative(projectRoot, path)
  return inside.startsWith('..') ? path : inside || '.'
}

/** Where to look once the engine runs, as lines for a person. */
export const banner = (facts: BannerFacts): string => {
  const data = shortened(facts.dataDirectory)
  const rows: [string, string][] = [
    ['Shop', `${facts.url}/`],
    ['API', `${facts.url}/products/1`],
    ['Dashboard', `${facts.url}/admin/queues`],
    ['Lock page', `${facts.url}/admin/locks`],
    ['Admin', `${facts.admin.name} / ${facts.admin.token}   (kept in ${join(data, 'admin.json')})`],
    ['Load test', `npm run loadtest${facts.url.endsWith(':3000') ? '' : ` -- --url ${facts.url}`}`],
    ['Data', data],
    ...facts.embedded.map((store): [string, string] => [
      `${store} log`,
      join(data, store.toLowerCase(), 'log'),
    ]),
  ]
  const width = Math.max(...rows.map(([label]) => label.length))
  const lines = rows.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`)
  const title = `The flash sale engine is ready (1 api, ${facts.workers} workers, ${(facts.readyAfterMs / 1000).toFixed(1)} s).`
  return ['', title, '', ...lines, '', '  Ctrl-C stops everything.', ''].join('\n')
}

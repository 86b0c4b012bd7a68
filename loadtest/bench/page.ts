/** `index.html`: everything of a run on one page that needs nothing else. */
import { escapedXml } from './escaped-xml.ts'
import type { Machine } from './machine.ts'
import type { Table } from './tables.ts'

export interface PageContent {
  caption: string
  /** What a reader has to know before believing a figure. */
  remarks: readonly string[]
  plot: string | undefined
  tables: readonly Table[]
  machine: Machine
}

const style = `
  :root { color-scheme: light dark; }
  body { font: 15px/1.45 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
  table { border-collapse: collapse; margin: .5rem 0 2rem; font-size: 14px; }
  th, td { text-align: left; padding: .2rem .7rem; border-bottom: 1px solid #8886; }
  .number { text-align: right; font-variant-numeric: tabular-nums; }
  .scroll { overflow-x: auto; } svg { max-width: 100%; height: auto; }`

const tableHtml = ({ title, columns, texts, rows }: Table): string => {
  const row = (cells: readonly string[], tag: 'th' | 'td'): string => {
    const scope = tag === 'th' ? ' scope="col"' : ''
    const cell = (text: string, index: number): string =>
      `<${tag}${scope}${index < texts ? '' : ' class="number"'}>${escapedXml(text)}</${tag}>`
    return `<tr>${cells.map(cell).join('')}</tr>`
  }
  return `<h2>${escapedXml(title)}</h2>
<div class="scroll" tabindex="0" role="region" aria-label="${escapedXml(title)}"><table>
<thead>${row(columns, 'th')}</thead>
<tbody>
${rows.map((cells) => row(cells, 'td')).join('\n')}
</tbody></table></div>`
}

const list = (items: readonly string[]): string =>
  items.length === 0 ? '' : `<ul>${items.map((item) => `<li>${escapedXml(item)}</li>`).join('')}</ul>`

const machineTable = ({ versions, settings }: Machine): Table => ({
  title: 'Versions and settings',
  columns: ['what', 'value'],
  texts: 2,
  rows: [...Object.entries(versions), ...Object.entries(settings)],
})

export const pageOf = ({ caption, remarks, plot, tables, machine }: PageContent): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Flash sale benchmark</title>
<style>${style}
</style>
</head>
<body>
<h1>Flash sale benchmark</h1>
<p>${escapedXml(caption)}</p>
${list(remarks)}
${plot ?? ''}
${[...tables, machineTable(machine)].map(tableHtml).join('\n')}
</body>
</html>
`

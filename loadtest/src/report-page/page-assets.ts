import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const textOf = (path: string | URL): string => readFileSync(path, 'utf8').trim()

/** A script for the inside of an element, and what Content-Security-Policy calls it. */
export interface InlineScript {
  text: string
  cspSource: string
}

/** The text is our own or a package's: it ends no script element, which is checked all the same. */
const inlineScript = (text: string): InlineScript => {
  if (/<\/script|<!--/i.test(text)) throw new Error('a script for the report would end its own element')
  return { text, cspSource: `'sha256-${createHash('sha256').update(text).digest('base64')}'` }
}

/** Everything that the page is made of besides its figures. Nothing of it is fetched when the page is opened. */
export const readPageAssets = (): {
  styles: string
  chartLibrary: InlineScript
  drawCharts: InlineScript
} => {
  const chartLibrary = textOf(require.resolve('uplot/dist/uPlot.iife.min.js'))
  // Its licence asks to be kept with every copy.
  const licence = textOf(require.resolve('uplot/LICENSE')).replaceAll('*/', '')
  return {
    styles: `${textOf(require.resolve('uplot/dist/uPlot.min.css'))}\n${textOf(new URL('page.css', import.meta.url))}`,
    chartLibrary: inlineScript(`/*\n${licence}\n*/\n${chartLibrary}`),
    drawCharts: inlineScript(textOf(new URL('draw-charts.js', import.meta.url))),
  }
}

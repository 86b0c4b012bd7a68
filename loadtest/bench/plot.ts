/** The figures as a picture: one SVG without anything from outside, for light and dark pages. */
import { escapedXml } from './escaped-xml.ts'
import { figureText } from './figure-text.ts'
import type { Figure } from './results.ts'
import { units } from './situations.ts'

interface Panel {
  title: string
  figures: readonly Figure[]
  label: (figure: Figure) => string
}

const width = 860
const margin = 24
const labelWidth = 250
const valueWidth = 150
const barHeight = 18
const rowHeight = 26
const titleHeight = 54
const plotLeft = margin + labelWidth
const plotWidth = width - plotLeft - valueWidth - margin

const style = `
  svg { font: 13px system-ui, sans-serif; }
  .page { fill: #ffffff; } .text { fill: #1f2328; } .faint { fill: #59636e; }
  .engine { fill: #0969da; } .other { fill: #8c959f; } .spread { stroke: #1f2328; stroke-width: 1.5; }
  .axis { stroke: #d1d9e0; }
  .title { font-size: 15px; font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; } .text { fill: #f0f6fc; } .faint { fill: #9198a1; }
    .engine { fill: #4493f8; } .other { fill: #656c76; } .spread { stroke: #f0f6fc; }
    .axis { stroke: #3d444d; }
  }`

const rounded = (value: number): number => Math.round(value * 10) / 10

/** A bar as long as the median, a line from the smallest to the largest value across its end. */
const bar = (figure: Figure, label: string, top: number, pixelsPerUnit: number): string => {
  const middle = top + barHeight / 2
  const x = (value: number): number => rounded(plotLeft + value * pixelsPerUnit)
  const kind = figure.contender === 'engine' ? 'engine' : 'other'
  const shownAt = Math.max(x(figure.median), x(figure.max)) + 8
  const whisker = (value: number): string =>
    `<line class="spread" x1="${x(value)}" x2="${x(value)}" y1="${middle - 4}" y2="${middle + 4}"/>`
  const spread =
    figure.min < figure.max
      ? `<line class="spread" x1="${x(figure.min)}" x2="${x(figure.max)}" y1="${middle}" y2="${middle}"/>` +
        whisker(figure.min) +
        whisker(figure.max)
      : ''
  return [
    `<text class="text" x="${plotLeft - 8}" y="${middle + 4}" text-anchor="end">${escapedXml(label)}</text>`,
    `<rect class="${kind}" x="${plotLeft}" y="${top}" width="${Math.max(1, rounded(figure.median * pixelsPerUnit))}" height="${barHeight}" rx="2"/>`,
    spread,
    `<text class="text" x="${rounded(shownAt)}" y="${middle + 4}">${figureText(figure.median)}</text>`,
  ].join('\n')
}

const panelHeight = ({ figures }: Panel): number => titleHeight + figures.length * rowHeight

const panelSvg = (panel: Panel, top: number): string => {
  const largest = Math.max(1, ...panel.figures.map(({ max }) => max))
  const rows = panel.figures.map((figure, index) =>
    bar(figure, panel.label(figure), top + titleHeight + index * rowHeight, plotWidth / largest),
  )
  const bottom = top + panelHeight(panel) - (rowHeight - barHeight) / 2
  return [
    `<text class="title text" x="${margin}" y="${top + 34}">${escapedXml(panel.title)}</text>`,
    `<line class="axis" x1="${plotLeft}" x2="${plotLeft}" y1="${top + titleHeight - 4}" y2="${bottom}"/>`,
    ...rows,
  ].join('\n')
}

const panelsOf = (figures: readonly Figure[]): Panel[] => {
  const settledIn = (measure: string): Figure[] =>
    figures.filter((figure) => figure.measure === measure && figure.unit === units.settled)
  const throughput = settledIn('throughput')
  const situations = [...new Set(throughput.map(({ situation }) => situation))]
  return [
    ...situations.map((situation) => ({
      title: `Settled a second, end to end, ${situation}`,
      figures: throughput.filter((figure) => figure.situation === situation),
      label: ({ contender }: Figure) => contender,
    })),
    {
      title: 'Drain of a full queue, one product, settled a second',
      figures: settledIn('drain'),
      label: ({ contender, situation }: Figure) => `${contender}, ${situation}`,
    },
    {
      title: 'Drain of the engine over products and workers, settled a second',
      figures: settledIn('scaling'),
      label: ({ situation }: Figure) => situation,
    },
    {
      title: 'Drain of the engine with purchases waiting behind, settled a second',
      figures: settledIn('backlog'),
      label: ({ situation }: Figure) => situation,
    },
  ].filter((panel) => panel.figures.length > 0)
}

/**
 * Settled purchases a second, in bars with their spread.
 * @param caption one line, as in `2 cores, 2026-11-25`. @returns undefined when there is nothing to draw.
 */
export const plotOf = (figures: readonly Figure[], caption: string): string | undefined => {
  const panels = panelsOf(figures)
  if (panels.length === 0) return undefined
  let top = 8
  const drawn = panels.map((panel) => {
    const svg = panelSvg(panel, top)
    top += panelHeight(panel)
    return svg
  })
  const height = top + 40
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Purchases settled a second by contender">
<style>${style}
</style>
<rect class="page" width="${width}" height="${height}"/>
${drawn.join('\n')}
<text class="faint" x="${margin}" y="${height - 14}">${escapedXml(caption)}</text>
</svg>
`
}

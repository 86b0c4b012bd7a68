import { compareRuns } from '../compare.ts'
import type { FinishedTest } from '../figures-record.ts'
import { countText, durationText, optionalCountText } from '../numbers.ts'
import { conclusionOf, headlineOf } from '../report.ts'
import type { Run } from '../run.ts'
import { type Topic, topics } from './charts.ts'
import {
  countTable,
  courseTable,
  distributionTable,
  reasonTable,
  settingsTable,
  verdictTable,
} from './figure-tables.ts'
import { embeddedJson, type Html, html, nothing, trusted } from './html.ts'
import { readPageAssets } from './page-assets.ts'
import { soldBars } from './sold-bars.ts'
import { strategyName, tableHtml } from './tables.ts'

const verdictOf = (runs: readonly Run[]): { good: boolean; sentence: string } => {
  const [first, second] = runs
  if (first && second) {
    const { asExpected, sentence } = compareRuns(first, second)
    return { good: asExpected, sentence }
  }
  return { good: first?.verdict.exact === true, sentence: first ? conclusionOf(first) : 'Nothing was run.' }
}

const tile = (label: string, figure: string, note: string): Html =>
  html`<div><dt>${label}</dt><dd>${figure}<small>${note}</small></dd></div>`

const tilesOf = ({ figures, course }: Run): Html => {
  const { latency, outcomes, refused, perSecond } = figures
  const part = (name: 'acceptMs' | 'outcomeMs', of: 'p50' | 'p99'): string => {
    const distribution = latency[name]
    return distribution === null ? '–' : durationText(distribution[of])
  }
  return html`<dl class="tiles">
${tile('Confirmed', countText(outcomes.confirmed), `of ${countText(figures.buyers)} buyers`)}
${tile('Sold out', countText(outcomes.sold_out), `and ${countText(refused)} refused at the door`)}
${tile('Outcomes a second', optionalCountText(perSecond), 'from the start to the last one')}
${tile('Time to outcome', part('outcomeMs', 'p50'), `p50; p99 ${part('outcomeMs', 'p99')}`)}
${tile('Time until accepted', part('acceptMs', 'p50'), `p50; p99 ${part('acceptMs', 'p99')}`)}
${tile('Longest lines', countText(course.queuedMax), `queued; ${countText(course.waitingForLockMax)} at the lock`)}
</dl>`
}

const figureHtml = (topic: Topic, index: number, run: Run, place: number, named: boolean): Html => {
  const { layers } = topic.chartOf(run)
  const legend = layers.map(
    ({ label, colour }) => html`<li><i style="background:var(--${colour})"></i>${label}</li>`,
  )
  const summary = topic.describe(run)
  const name = named ? `${topic.title}, ${strategyName(run).toLowerCase()}` : topic.title
  return html`<figure>
${named ? html`<h3>${strategyName(run)}</h3>` : nothing}
<ul class="legend">${legend}</ul>
<div class="chart" role="img" aria-label="${name}. ${summary}" data-topic="${index}" data-run="${place}"></div>
<p class="readout" aria-hidden="true"></p>
<figcaption>${summary}</figcaption>
</figure>`
}

const topicHtml =
  (runs: readonly Run[]) =>
  (topic: Topic, index: number): Html =>
    html`<section class="topic">
<h2>${topic.title}</h2>
<div class="runs">${runs.map((run, place) => figureHtml(topic, index, run, place, runs.length > 1))}</div>
</section>`

const chartData = (runs: readonly Run[]) => topics.map(({ chartOf }) => runs.map(chartOf))

/**
 * The load test as one page with nothing beside it: it opens from a disk, without a network, and says the same without
 * scripts, only not in charts.
 */
export function renderReportPage(test: FinishedTest): string {
  const { runs, date, target } = test
  const { styles, chartLibrary, drawCharts } = readPageAssets()
  const { good, sentence } = verdictOf(runs)
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src ${chartLibrary.cspSource} ${drawCharts.cspSource}; img-src data:; base-uri 'none'; form-action 'none'`
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${good ? '✓' : '✗'} Flash sale load test, ${date.slice(0, 10)}</title>
<link rel="icon" href="data:,">
<style>
${trusted(styles)}
</style>
</head>
<body>
<header>
<p class="kind">Flash sale load test</p>
<h1 class="${good ? 'good' : 'bad'}"><span role="img" aria-label="${good ? 'In order' : 'Broken'}">${good ? '✓' : '✗'}</span> ${sentence}</h1>
<p>${runs[0] ? headlineOf(runs[0]) : ''}</p>
<p class="when"><time datetime="${date}">${date.slice(0, 16).replace('T', ' ')} UTC</time> against ${target.origin}, seed ${test.options.seed}</p>
</header>
<main>
${runs.length > 1 ? nothing : runs.map(tilesOf)}
<section class="sold">
<h2>Units sold</h2>
${soldBars(runs)}
</section>
${runs.length > 1 ? runs.map((run) => html`<section><h2>${strategyName(run)}</h2>${tilesOf(run)}</section>`) : nothing}
<div class="topics ${runs.length > 1 ? 'compared' : ''}">
${topics.map(topicHtml(runs))}
</div>
<section>
<h2>All figures</h2>
<div class="tables">
${tableHtml(verdictTable(runs))}
${tableHtml(countTable(runs))}
${runs.map((run) => tableHtml(distributionTable(run)))}
${runs.map((run) => tableHtml(reasonTable(run)))}
${tableHtml(settingsTable(test))}
</div>
</section>
<section class="course">
<h2>The charts in numbers</h2>
${runs.map(
  (
    run,
  ) => html`<details><summary>${strategyName(run)}: how it went, ${durationText(run.course.binMs)} a row</summary>
${tableHtml(courseTable(run))}</details>`,
)}
</section>
</main>
<footer>Counted by <code>npm run loadtest</code>. Charts by uPlot, whose licence is in this file.</footer>
<script type="application/json" id="charts">${embeddedJson(chartData(runs))}</script>
<script>${trusted(chartLibrary.text)}</script>
<script>${trusted(drawCharts.text)}</script>
</body>
</html>
`
  return page.markup
}

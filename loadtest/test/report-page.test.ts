import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { graveAccessibilityFindings } from '@flash-sale/local/accessibility.ts'
import { browserOfFile, type WatchedPage } from '@flash-sale/local/browser.ts'
import { type Engine, startEngine } from '@flash-sale/local/engine.ts'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exitCodes } from '../src/exit-code.ts'
import { parseOptions } from '../src/options.ts'
import { renderReportPage } from '../src/report-page/report-page.ts'
import { runOf } from './example-run.ts'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const stores = isolatedStores()
const browser = browserOfFile()
let engine: Engine
let directory: string
let [report, junit] = ['', '']

/** The report and the JUnit file of a real comparison, and the report of a single run that went badly. */
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'loadtest-report-'))
  report = join(directory, 'report.html')
  junit = join(directory, 'junit.xml')
  engine = await startEngine({ ...stores, workers: 1 })
  const args = [
    '--compare',
    '--buyers',
    '60',
    '--stock',
    '20',
    '--seed',
    '7',
    '--report',
    report,
    '--junit',
    junit,
  ]
  const target = ['--url', engine.url, '--admin', engine.admin.token]
  const child = spawn(process.execPath, ['--import', 'tsx', 'loadtest/src/main.ts', ...args, ...target], {
    cwd: repository,
    stdio: 'ignore',
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`the load test ended with ${code}`)
})
afterAll(async () => {
  await engine?.stop()
  await rm(directory, { recursive: true, force: true })
})

const problemsOf = ({ consoleErrors, foreignRequests }: WatchedPage): string[] => [
  ...consoleErrors,
  ...foreignRequests,
]

/** For each chart: the layers that have something to show, and how many pixels have just their colour. */
const drawnLayers = `(() => {
  const topics = JSON.parse(document.getElementById('charts').textContent)
  return [...document.querySelectorAll('.chart')].map((place) => {
    const canvas = place.querySelector('canvas')
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    const pixels = new Map()
    for (let at = 0; at < data.length; at += 4) {
      const hex = '#' + [0, 1, 2].map((part) => data[at + part].toString(16).padStart(2, '0')).join('')
      if (data[at + 3] === 255) pixels.set(hex, (pixels.get(hex) ?? 0) + 1)
    }
    const { layers } = topics[place.dataset.topic][place.dataset.run]
    return layers
      .filter(({ values }) => values.some((value) => value !== 0))
      .map(({ label, colour }) => {
        const hex = getComputedStyle(document.documentElement).getPropertyValue('--' + colour).trim()
        return { label, pixels: pixels.get(hex) ?? 0 }
      })
  })
})()`

test('the verdict as JUnit XML', async () => {
  expect(await readFile(junit, 'utf8')).toContain(
    '<testsuites name="flash sale load test" tests="8" failures="0"',
  )
})

describe.skipIf(!browser.available)('the report in a browser', () => {
  const open = async (
    file: string,
    ...options: Parameters<typeof browser.openPage>
  ): Promise<WatchedPage> => {
    const watched = await browser.openPage(...options)
    await watched.page.goto(pathToFileURL(file).href)
    return watched
  }

  test.each(['light', 'dark'] as const)(
    'opens from a disk and draws every chart, %s',
    async (colorScheme) => {
      const watched = await open(report, { colorScheme })
      const { page } = watched
      await expect(page.title()).resolves.toMatch(/^✓ Flash sale load test/)
      await page.waitForFunction('document.querySelectorAll(".chart canvas").length === 10')
      const charts = await page.evaluate<{ label: string; pixels: number }[][]>(drawnLayers)
      const blank = charts.flatMap((layers, index) =>
        layers.filter(({ pixels }) => pixels < 5).map(({ label }) => `chart ${index}: ${label}`),
      )
      expect(blank).toEqual([])
      expect(charts.flat().map(({ label }) => label)).toContain('oversold')
      expect(await graveAccessibilityFindings(page)).toEqual([])
      expect(problemsOf(watched)).toEqual([])
      await watched.close()
    },
  )

  test('says what lies under the pointer, and redraws for another colour scheme and for paper', async () => {
    const watched = await open(report, { colorScheme: 'light' })
    const { page } = watched
    await page.locator('.chart').nth(2).hover()
    await expect(page.locator('.readout').nth(2).textContent()).resolves.toMatch(/ to .*: left \d+/)
    await page.emulateMedia({ colorScheme: 'dark' })
    // In the colours of the dark, which is not done at once.
    await page.waitForFunction(`${drawnLayers}.flat().every(({ pixels }) => pixels >= 5)`)
    expect((await page.pdf({ format: 'A4' })).byteLength).toBeGreaterThan(10_000)
    expect(problemsOf(watched)).toEqual([])
    await watched.close()
  })

  test('on a phone nothing is wider than the screen', async () => {
    const watched = await open(report, { viewport: { width: 360, height: 740 } })
    expect(await watched.page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    expect(await graveAccessibilityFindings(watched.page)).toEqual([])
    await watched.close()
  })

  test('without scripts it says the same in words and numbers', async () => {
    const watched = await open(report, { javaScriptEnabled: false })
    const text = await watched.page.locator('body').innerText()
    expect(text).toMatch(/Naive sold \d+ of 20 units; locked sold 20 and every invariant holds/)
    expect(text).toMatch(/\d+ units sold that were not there/)
    await watched.close()
  })

  test('text from elsewhere stays text', async () => {
    const hostile = `refused: </script><script>console.error('ran')</script><img src=x onerror="console.error(1)">`
    const run = runOf('naive', 200)
    const parsed = parseOptions([])
    if (parsed.kind !== 'run') throw new Error('expected options')
    const file = join(directory, 'hostile.html')
    const page = renderReportPage({
      date: '2026-11-23T12:00:00.000Z',
      options: parsed.options,
      target: { origin: 'http://localhost:3000', booted: false },
      runs: [{ ...run, figures: { ...run.figures, reasons: [{ reason: hostile, detail: '', count: 3 }] } }],
      exitCode: exitCodes.broken,
    })
    await writeFile(file, page)
    const watched = await open(file)
    expect(await watched.page.locator('body').innerText()).toContain(hostile)
    await expect(watched.page.title()).resolves.toMatch(/^✗/)
    expect(problemsOf(watched)).toEqual([])
    await watched.close()
  })

  test('is small', async () => {
    expect((await stat(report)).size).toBeLessThan(400_000)
  })
})

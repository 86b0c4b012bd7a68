import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { quickSizes } from './sizes.ts'
import { writeResults } from './write-results.ts'

const machine = {
  at: '2026-11-25T12:00:00.000Z',
  cores: 2,
  processor: 'a processor',
  memoryGb: 4,
  system: 'Linux',
  versions: { node: 'v24.0.0' },
  settings: { 'redis appendfsync': 'always' },
}

const throughput = (contender: string, value: number, round: number) => ({
  measure: 'throughput',
  contender,
  situation: '64 connections',
  unit: 'settled/s',
  value,
  round,
})

test('every sample, the tables, the bars and the plot; what failed and that it is a part is said everywhere', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'flash-sale-bench-test-'))
  onTestFinished(() => rm(parent, { recursive: true }))
  const directory = join(parent, 'results')
  const samples = [throughput('engine', 3_000, 1), throughput('lock-per-request', 60, 1)]
  const failures = [{ measure: 'aof' as const, label: 'engine', round: 1, reason: 'a <fault>' }]
  const text = await writeResults(directory, {
    machine,
    run: { samples, failures },
    sizes: quickSizes,
    rounds: 1,
    quick: true,
    interrupted: true,
  })
  const read = (name: string): Promise<string> => readFile(join(directory, name), 'utf8')

  const record = JSON.parse(await read('results.json'))
  expect(record).toMatchObject({ machine, samples, failures, quick: true, interrupted: true, rounds: 1 })
  expect(record.figures[0]).toMatchObject({ contender: 'engine', median: 3_000, min: 3_000, max: 3_000 })
  expect(record.bars[0]).toMatchObject({ bar: 'at least 15×', measured: 50, met: true })
  expect(record.bars[1]).toMatchObject({ measured: null, met: null })

  const page = await read('index.html')
  expect(page).toContain('<td class="number">3,000</td>')
  expect(page).toContain(await read('plot.svg'))
  expect(page).toContain('a &lt;fault&gt;')
  expect(page).not.toMatch(/(?:src|href)=/)
  expect(await read('bars.md')).toContain('| at least 15× | 50.0× | met |')
  for (const shown of [text, await read('bars.md'), page])
    for (const remark of [/quick run/, /Interrupted/, /Not measured: aof, engine, round 1/])
      expect(shown).toMatch(remark)
})

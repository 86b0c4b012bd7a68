import { expect, test } from 'vitest'
import { judgeBars } from './bars.ts'
import type { Figure } from './results.ts'
import { cpuUnit } from './situations.ts'
import { markdownTable, plainTable, tablesOf } from './tables.ts'

const figure = (over: Partial<Figure>): Figure => ({
  measure: 'throughput',
  contender: 'engine',
  situation: '64 connections',
  unit: 'settled/s',
  median: 4_612.4,
  min: 4_000,
  max: 5_000,
  rounds: 3,
  ...over,
})

test('figures a row each; costs a column for each process, the load generator left out of the sum', () => {
  const figures = [
    figure({}),
    figure({ unit: cpuUnit('api'), median: 100 }),
    figure({ unit: cpuUnit('redis'), median: 20.5 }),
    figure({ unit: cpuUnit('generator'), median: 300 }),
  ]
  const [first, costs, bars] = tablesOf(figures, judgeBars(figures))
  expect(first?.rows).toEqual([
    ['throughput', 'engine', '64 connections', 'settled/s', '4,612', '4,000', '5,000', '3'],
  ])
  expect(costs?.rows).toEqual([
    ['throughput', 'engine', '64 connections', '100', '–', '20.5', '–', '300', '121'],
  ])
  expect(bars?.title).toBe('Bars')
})

test('nothing measured: only the bars, all open', () => {
  expect(tablesOf([], judgeBars([])).map(({ title }) => title)).toEqual(['Bars'])
})

const table = {
  title: 'T',
  columns: ['what', 'n'],
  texts: 1,
  rows: [
    ['a|b', '1'],
    ['c', '1,000'],
  ],
}

test('for a terminal: figures to the right', () => {
  expect(plainTable(table)).toBe('T\n\nwhat      n\na|b       1\nc     1,000\n')
})

test('for Markdown: a bar within a text is no border', () => {
  expect(markdownTable(table)).toBe('| what | n |\n| --- | ---: |\n| a\\|b | 1 |\n| c | 1,000 |\n')
})

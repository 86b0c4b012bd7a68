import { expect, test } from 'vitest'
import { plotOf } from './plot.ts'
import type { Figure } from './results.ts'

const figure = (over: Partial<Figure>): Figure => ({
  measure: 'throughput',
  contender: 'engine',
  situation: '64 connections',
  unit: 'settled/s',
  median: 4_000,
  min: 3_000,
  max: 5_000,
  rounds: 3,
  ...over,
})

/** The widths of the bars, in order. */
const barsIn = (svg: string): number[] =>
  [...svg.matchAll(/<rect class="(?:engine|other)"[^>]* width="([\d.]+)"/g)].map(([, width]) => Number(width))

test('bars are as long as their medians, and the spread is drawn', () => {
  const svg =
    plotOf([figure({}), figure({ contender: 'b', median: 1_000, min: 1_000, max: 1_000 })], '') ?? ''
  const [long = 0, short = 0] = barsIn(svg)
  expect(long / short).toBeCloseTo(4, 1)
  expect(svg.match(/<line class="spread"/g)).toHaveLength(3)
  expect(svg).toContain('>4,000<')
})

test('panels for what was measured, each with a scale of its own', () => {
  const scaling = figure({
    measure: 'scaling',
    situation: '2 products, 1 worker',
    median: 8_000,
    max: 10_000,
  })
  const svg = plotOf([figure({}), scaling, figure({ measure: 'polls', unit: 'polls/s' })], '') ?? ''
  expect(svg.match(/class="title text"/g)).toHaveLength(2)
  const [first, second] = barsIn(svg)
  expect(first).toBeCloseTo(second ?? 0, 0)
})

test('self-contained, without anything that is not text', () => {
  const svg = plotOf([figure({ contender: '<a & "b">' })], 'a < b') ?? ''
  expect(svg).toContain('&lt;a &amp; &quot;b&quot;&gt;')
  expect(svg).toContain('>a &lt; b<')
  expect(svg).not.toMatch(/href|url\(|@import/)
  expect(svg.match(/https?:\/\/[^"]*/g)).toEqual(['http://www.w3.org/2000/svg'])
})

test('nothing measured, nothing drawn', () => {
  expect(plotOf([], '')).toBeUndefined()
})

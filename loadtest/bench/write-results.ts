import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { judgeBars } from './bars.ts'
import type { Machine } from './machine.ts'
import { pageOf } from './page.ts'
import { plotOf } from './plot.ts'
import { figuresOf } from './results.ts'
import type { Run } from './run-plan.ts'
import type { Sizes } from './sizes.ts'
import { markdownTable, plainTable, tablesOf } from './tables.ts'

export interface Finished {
  machine: Machine
  run: Run
  sizes: Sizes
  rounds: number
  quick: boolean
  interrupted: boolean
}

const captionOf = ({ machine, rounds }: Finished): string =>
  `${machine.cores} cores (${machine.processor}), ${machine.memoryGb} GB, ${machine.system}, ` +
  `Node ${machine.versions.node}, medians of ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, ${machine.at.slice(0, 10)}`

const remarksOf = ({ quick, interrupted, run }: Finished): string[] => [
  ...(quick ? ['A quick run: sizes too small to say how fast anything is.'] : []),
  ...(interrupted ? ['Interrupted: only a part was measured.'] : []),
  ...run.failures.map(
    ({ measure, label, round, reason }) => `Not measured: ${measure}, ${label}, round ${round}: ${reason}`,
  ),
]

/**
 * Writes results.json, bars.md, plot.svg and index.html into `directory`, which is made when it is not there.
 * @returns the tables for the terminal. @throws when a file cannot be written.
 */
export const writeResults = async (directory: string, finished: Finished): Promise<string> => {
  const { machine, run, sizes, rounds, quick, interrupted } = finished
  const figures = figuresOf(run.samples)
  const bars = judgeBars(figures)
  const tables = tablesOf(figures, bars)
  const caption = captionOf(finished)
  const remarks = remarksOf(finished)
  const plot = plotOf(figures, caption)
  const { samples, failures } = run
  const record = {
    machine,
    rounds,
    quick,
    interrupted,
    sizes,
    bars: bars.map((bar) => ({ ...bar, measured: bar.measured ?? null, met: bar.met ?? null })),
    figures,
    failures,
    samples,
  }
  const barsTables = tables.filter(({ title }) => title === 'Bars').map(markdownTable)
  const page = pageOf({ caption, remarks, plot, tables, machine })
  await mkdir(directory, { recursive: true })
  const write = (name: string, text: string): Promise<void> => writeFile(join(directory, name), text)
  await Promise.all([
    write('results.json', `${JSON.stringify(record, null, 2)}\n`),
    write('bars.md', [caption, ...remarks, ...barsTables].join('\n\n')),
    write('index.html', page),
    ...(plot === undefined ? [] : [write('plot.svg', plot)]),
  ])
  return [...tables.map(plainTable), ...remarks, caption, ''].join('\n')
}

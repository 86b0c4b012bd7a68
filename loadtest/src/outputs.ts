import { type FinishedTest, figuresRecordOf } from './figures-record.ts'
import { renderJunit } from './junit.ts'
import type { Options } from './options.ts'
import { type OutputFile, openOutputFile } from './output-file.ts'
import { renderReportPage } from './report-page/report-page.ts'

/** The files that a load test is to leave. */
export interface Outputs {
  /** Writes each of them, whole. */
  write(test: FinishedTest): Promise<void>
}

export type OpenedOutputs = { ok: true; outputs: Outputs } | { ok: false; message: string }

/** Each option that names a file, and what goes into it. */
const kinds: { name: string; pathIn: (options: Options) => string | undefined; render: Render }[] = [
  {
    name: '--json',
    pathIn: ({ jsonFile }) => jsonFile,
    render: (test) => `${JSON.stringify(figuresRecordOf(test), null, 2)}\n`,
  },
  { name: '--report', pathIn: ({ reportFile }) => reportFile, render: renderReportPage },
  {
    name: '--junit',
    pathIn: ({ junitFile }) => junitFile,
    render: ({ runs, date }) => renderJunit(runs, date),
  },
]
type Render = (test: FinishedTest) => string

/** Makes sure before the run that every file can be written. `closers` gets what removes those that were not. */
export async function openOutputs(options: Options, closers: AsyncDisposableStack): Promise<OpenedOutputs> {
  const files: { file: OutputFile; render: Render }[] = []
  for (const { name, pathIn, render } of kinds) {
    const path = pathIn(options)
    if (path === undefined) continue
    const opened = await openOutputFile(path)
    if (!opened.ok)
      return {
        ok: false,
        message: `${name}: expected a file that can be written, got ${path}: ${opened.reason}`,
      }
    closers.defer(() => opened.file.discard())
    files.push({ file: opened.file, render })
  }
  return {
    ok: true,
    outputs: {
      write: async (test) => {
        for (const { file, render } of files) await file.write(render(test))
      },
    },
  }
}

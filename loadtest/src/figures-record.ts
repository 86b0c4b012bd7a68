import { readFileSync } from 'node:fs'
import type { ExitCode } from './exit-code.ts'
import { machineOf } from './machine.ts'
import type { Options } from './options.ts'
import type { Run } from './run.ts'
import type { Target } from './target.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

/** The options without secrets, and without what says nothing about the load. */
export const publicSettingsOf = (options: Options) => {
  const {
    adminToken: _secret,
    url: _url,
    jsonFile: _json,
    reportFile: _report,
    junitFile: _junit,
    ...settings
  } = options
  return settings
}

/** A load test that has ended, with everything that is known about it. */
export interface FinishedTest {
  /** When it ended, ISO 8601 in UTC. */
  date: string
  options: Options
  target: Pick<Target, 'origin' | 'booted'>
  runs: readonly Run[]
  exitCode: ExitCode
}

/** What the load test itself ran on. */
export const versionsOf = () => ({
  loadtest: version,
  node: process.versions.node,
  platform: `${process.platform} ${process.arch}`,
})

/** Everything that `--json` keeps of a load test. Durations are in milliseconds, the date in UTC. */
export const figuresRecordOf = ({ date, options, target, runs, exitCode }: FinishedTest): object => ({
  date,
  versions: versionsOf(),
  machine: machineOf(),
  engine: { url: target.origin, booted: target.booted },
  settings: publicSettingsOf(options),
  // The course of a run is for charts: hundreds of bins that say nothing which the figures do not.
  runs: runs.map(({ course: _course, ...run }) => run),
  exitCode,
})

import { readFileSync } from 'node:fs'
import type { ExitCode } from './exit-code.ts'
import type { Options } from './options.ts'
import type { Run } from './run.ts'
import type { Target } from './target.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string
}

/** Everything that `--json` keeps of a load test. Durations are in milliseconds, the date in UTC. */
export const figuresRecordOf = (
  options: Options,
  { origin, booted }: Target,
  runs: readonly Run[],
  exitCode: ExitCode,
): object => {
  const { adminToken: _secret, url: _url, jsonFile: _file, ...settings } = options
  return {
    date: new Date().toISOString(),
    versions: {
      loadtest: version,
      node: process.versions.node,
      platform: `${process.platform} ${process.arch}`,
    },
    engine: { url: origin, booted },
    settings,
    runs,
    exitCode,
  }
}

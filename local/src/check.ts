/** `npm test`: types, lint and format, dead code, tidy rules, then every test on real stores. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureChromium } from './chromium.ts'
import {
  cacheDirectory,
  chromiumPath,
  givenEnvironment,
  mayInstallChromium,
  projectRoot,
  searchPath,
} from './config.ts'
import { dyingWithParent } from './drop-privileges.ts'
import { ensureRedisBinary } from './redis-binary.ts'
import { runCommand } from './run-command.ts'
import { type Counts, countTests } from './test-counts.ts'
import { readSources, tidyProblems } from './tidy.ts'

/** @returns what is wrong; empty: nothing. */
type Check = () => Promise<string>

const checkMsMax = 5 * 60_000
const testMsMax = 60 * 60_000

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const tool =
  (name: string, ...args: string[]): Check =>
  async () => {
    const command = join(projectRoot, 'node_modules/.bin', name)
    const result = await runCommand(command, args, { timeoutMs: checkMsMax, cwd: projectRoot })
    return result.ok ? '' : `${result.output}\n${result.errors}`.trim()
  }

const checks: Record<string, Check> = {
  'redis-server': async () => {
    try {
      await ensureRedisBinary({ searchPath: searchPath(), cacheDirectory, onProgress: say })
      return ''
    } catch (error) {
      return (error as Error).message
    }
  },
  types: tool('tsc', '-p', 'tsconfig.json'),
  'lint and format': tool('biome', 'ci', '--colors=off', '.'),
  'dead code': tool('knip', '--no-progress'),
  'tidy rules': async () => tidyProblems(await readSources(projectRoot)).join('\n'),
}

const secondsSince = (startedAt: number): string => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`

const runCheck = async (name: string, check: Check): Promise<boolean> => {
  const startedAt = performance.now()
  const problems = await check()
  const ok = problems === ''
  say(`${ok ? 'ok    ' : 'FAILED'} ${name} (${secondsSince(startedAt)})`)
  if (!ok) say(problems.replace(/^/gm, '  '))
  return ok
}

/** @param filters as Vitest takes them: parts of file names, `-t` and the like. */
const runTests = async (filters: readonly string[]): Promise<Counts> => {
  const startedAt = performance.now()
  const directory = await mkdtemp(join(tmpdir(), 'flash-sale-report-'))
  const report = join(directory, 'report.json')
  const vitest = join(projectRoot, 'node_modules/vitest/vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const { command, args } = dyingWithParent('TERM', {
    command: process.execPath,
    args: [vitest, 'run', ...reporters, ...filters],
  })
  // What took minutes to fail is not tried again.
  const env = { ...givenEnvironment(), CHROMIUM_INSTALL: 'false' }
  const child = spawn(command, args, { cwd: projectRoot, stdio: 'inherit', timeout: testMsMax, env })
  const ok = await once(child, 'exit').then(
    ([code]) => code === 0,
    () => false,
  )
  const counts = countTests(await readFile(report, 'utf8').catch(() => undefined), ok)
  await rm(directory, { recursive: true, force: true })
  say(`${ok ? 'ok    ' : 'FAILED'} tests (${secondsSince(startedAt)})`)
  return counts
}

// Installed while the checks run. Without it the tests say what they skip, so its absence is no failure here.
const browser = ensureChromium({
  searchPath: searchPath(),
  given: chromiumPath(),
  mayInstall: mayInstallChromium(),
  onProgress: say,
})
const results = await Promise.all(Object.entries(checks).map(([name, check]) => runCheck(name, check)))
await browser
const tests = await runTests(process.argv.slice(2))
const passed = tests.passed + results.filter((ok) => ok).length
const failed = tests.failed + results.filter((ok) => !ok).length
say(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

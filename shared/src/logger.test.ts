/** The log of a real process, as a terminal gets it and as everything else does. */

import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { bareEnvironment, projectRoot, typescriptLoader } from '@flash-sale/local/config.ts'
import { isolatedStores } from '@flash-sale/local/isolated-stores.ts'
import { runCommand } from '@flash-sale/local/run-command.ts'
import { expect, test } from 'vitest'
import { schemaVersion } from './migrate.ts'

const stores = isolatedStores()
const options = { timeoutMs: 20_000, env: { ...bareEnvironment(), DATABASE_URL: stores.databaseUrl } }
const args = ['--import', typescriptLoader, join(projectRoot, 'shared/src/migrate-main.ts')]
const said = 'the database has the newest schema'

/** Of util-linux: gives a command a terminal. Elsewhere it is absent, or another one. */
const { output: scriptVersion } = await runCommand('script', ['--version'], { timeoutMs: 5_000 })
const hasTerminal = scriptVersion.includes('util-linux')
if (!hasTerminal)
  process.stderr.write('skipped: the log on a terminal, for want of script(1) of util-linux\n')

test('without a terminal each line is JSON', async () => {
  const { ok, output, errors } = await runCommand(process.execPath, args, options)
  expect(ok, errors).toBe(true)
  const lines = output.trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: 30, name: 'migrate', msg: said, schemaVersion, time: expect.stringMatching(/^\d{4}-.*Z$/) },
  ])
})

test.skipIf(!hasTerminal)('on a terminal it is for people', async () => {
  const quoted = [process.execPath, ...args].map((word) => `'${word}'`).join(' ')
  const { ok, output, errors } = await runCommand('script', ['-qec', quoted, '/dev/null'], options)
  expect(ok, errors).toBe(true)
  const text = stripVTControlCharacters(output).replaceAll('\r\n', '\n')
  expect(text).toBe(
    `${/^\[\d\d:\d\d:\d\d\.\d{3}\]/.exec(text)?.[0]} INFO (migrate): ${said}\n    schemaVersion: ${schemaVersion}\n`,
  )
})

import { join } from 'node:path'
import { bareEnvironment, projectRoot, typescriptLoader } from '@flash-sale/local/config.ts'
import { type CommandResult, runCommand } from '@flash-sale/local/run-command.ts'

const endedMsMax = 60_000

/**
 * Runs the load test as people do, against an engine that is there, to its verdict.
 * @param options as on its command line: `'--buyers', '80'`.
 */
export const loadTest = (
  engine: { url: string; adminToken: string },
  ...options: readonly string[]
): Promise<CommandResult> =>
  runCommand(
    process.execPath,
    [
      ...['--import', typescriptLoader, join(projectRoot, 'loadtest/src/main.ts')],
      ...['--url', engine.url],
      ...options,
    ],
    { timeoutMs: endedMsMax, env: { ...bareEnvironment(), ADMIN_TOKEN: engine.adminToken } },
  )

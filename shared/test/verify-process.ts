/** Runs the real `verify-main.ts` as a process, as `npm run verify` does. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { bareEnvironment, typescriptLoader } from '@flash-sale/local/config.ts'

const script = fileURLToPath(new URL('../src/verify-main.ts', import.meta.url))
const patienceMs = 30_000

/** Resolves when it has ended. It finds no `.env`, and an engine only where `environment` says. */
export const runVerify = async (environment: Readonly<Record<string, string>>, ...args: string[]) => {
  const child = spawn(process.execPath, ['--import', typescriptLoader, script, ...args], {
    cwd: tmpdir(),
    env: { ...bareEnvironment(), DATA_DIR: '/nonexistent', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: patienceMs,
  })
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ])
  return { code: code as number | null, stdout, stderr }
}

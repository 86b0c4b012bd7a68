import { execFile } from 'node:child_process'

/** How a command ended. `output` and `errors` are what it wrote to stdout and stderr. */
export interface CommandResult {
  ok: boolean
  output: string
  errors: string
}

/**
 * Runs a command to its end, or kills it after `timeoutMs`. Never throws: a command that is missing, fails or takes
 * too long gives `ok: false` with the reason in `errors`.
 */
export const runCommand = (
  command: string,
  args: readonly string[],
  options: { timeoutMs: number; env?: NodeJS.ProcessEnv; cwd?: string },
): Promise<CommandResult> =>
  new Promise((resolve) => {
    const { timeoutMs, ...rest } = options
    const settings = {
      ...rest,
      timeout: timeoutMs,
      killSignal: 'SIGKILL' as const,
      maxBuffer: 16 * 1024 * 1024,
    }
    execFile(command, args, settings, (error, output, errors) => {
      if (!error) return resolve({ ok: true, output, errors })
      const reason = error.killed ? `${command} did not end within ${timeoutMs} ms` : error.message
      resolve({ ok: false, output, errors: errors.trim() || reason })
    })
  })

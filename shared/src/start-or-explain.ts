/**
 * Runs the start of a process. When it fails, says why in plain words on stderr, without a stack trace, and ends
 * the process with exit code 1. For composition roots only.
 * @param what the process, as in `api`.
 */
export const startOrExplain = async (what: string, start: () => Promise<void>): Promise<void> => {
  try {
    await start()
  } catch (error) {
    const reason = error instanceof Error ? error.message || error.name : String(error)
    process.stderr.write(`${what} could not start. ${reason}\n`)
    process.exit(1)
  }
}

import { setTimeout as sleep } from 'node:timers/promises'

const lookEveryMs = 10

/**
 * Looks until there is something, for states that no event tells of. A look that throws counts as nothing: stores are
 * away while a fault lasts.
 * @returns what `look` gave that was neither undefined nor false.
 * @throws after `deadlineMs`, saying what was waited for and what the last look threw.
 */
export const until = async <T>(
  what: string,
  deadlineMs: number,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  everyMs = lookEveryMs,
): Promise<T> => {
  const deadline = performance.now() + deadlineMs
  for (;;) {
    let problem = ''
    try {
      const seen = await look()
      if (seen !== undefined && seen !== false) return seen
    } catch (error) {
      problem = ` (${error instanceof Error ? error.message : String(error)})`
    }
    if (performance.now() >= deadline) throw new Error(`${what}: not seen within ${deadlineMs} ms${problem}`)
    await sleep(everyMs)
  }
}

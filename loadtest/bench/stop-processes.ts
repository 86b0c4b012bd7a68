import { setTimeout as sleep } from 'node:timers/promises'
import { childrenOf } from '../../local/src/child-processes.ts'

const lookEveryMs = 100
const patienceMs = 10_000

/**
 * Ends every process that this one has started, but `kept`: SIGTERM, after 10 s SIGKILL. Resolves when all are gone. For
 * the end of a run that was broken off, when nobody else knows what runs; where there is no /proc they end by themselves
 * when this process does.
 */
export const stopProcesses = async (kept: readonly (number | undefined)[]): Promise<void> => {
  const patientUntilMs = performance.now() + patienceMs
  const told = new Set<number>()
  for (;;) {
    const running = (await childrenOf(process.pid)).filter(({ pid }) => !kept.includes(pid))
    if (running.length === 0) return
    const patient = performance.now() < patientUntilMs
    for (const { pid } of running) {
      if (patient && told.has(pid)) continue
      told.add(pid)
      try {
        process.kill(pid, patient ? 'SIGTERM' : 'SIGKILL')
      } catch {
        // It has ended in the meantime, which is what is wanted.
      }
    }
    await sleep(lookEveryMs)
  }
}

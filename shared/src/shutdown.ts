import closeWithGrace from 'close-with-grace'
import type { Logger } from './logger.ts'

/** One thing to close, and the longest that may take. */
export interface Closer {
  what: string
  close: () => Promise<unknown>
}

/**
 * Closes everything, in the given order, when the process is told to stop: SIGTERM, SIGINT, a fault that nobody
 * caught, or the end of the supervisor that started it (its IPC channel disconnects, also after a SIGKILL).
 * After `deadlineMs` the process ends anyway, with exit code 1.
 * @param closers producers before consumers, stores last. A closer that throws is logged; the next one still runs.
 */
export const closeOnSignal = (logger: Logger, deadlineMs: number, closers: readonly Closer[]): void => {
  const grace = closeWithGrace({ delay: deadlineMs, logger: false }, async ({ signal, err }) => {
    if (err) logger.fatal({ err }, 'a fault that nobody caught: closing')
    else logger.info({ signal: signal ?? 'supervisor gone' }, 'closing')
    for (const { what, close } of closers) {
      await close().catch((error: unknown) => logger.warn({ err: error, what }, 'did not close cleanly'))
    }
    logger.info('closed')
  })
  process.once('disconnect', () => void grace.close())
}

/** Tells a supervisor, where there is one, that this process serves. */
export const reportReady = (): void => {
  process.send?.({ type: 'ready' })
}

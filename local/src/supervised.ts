/**
 * Loaded into every service before its own code (`--import`). When the supervisor is gone, however it ended, the
 * service closes itself (see shared/src/shutdown.ts); this here sees to it that it ends in any case.
 */
const hardDeadlineMs = 15_000

process.once('disconnect', () => {
  // Nobody else listens: the service is still starting and would miss that its supervisor is gone.
  if (process.listenerCount('disconnect') === 0) process.exit(1)
  setTimeout(() => process.exit(1), hardDeadlineMs).unref()
})

import type { Owner } from './store-directory.ts'

/** A program and its arguments, ready to be spawned. */
export interface Command {
  command: string
  args: string[]
}

/** The one capability a store keeps: reaching its directory through a home that only root may enter. */
const capability = 'dac_override'

const setpriv = (flags: string[], wrapped: Command): Command => ({
  command: 'setpriv',
  args: [...flags, '--', wrapped.command, ...wrapped.args],
})

/**
 * Wraps a command, so that it gets `deathSignal` as soon as the thread that spawned it is gone, however that ended.
 * Spawn it from the main thread. `setpriv` replaces itself by the command: the pid stays.
 */
export const dyingWithParent = (deathSignal: 'INT' | 'TERM' | 'KILL', wrapped: Command): Command =>
  setpriv(['--pdeathsig', deathSignal], wrapped)

/** Like `dyingWithParent`; and when the current user is root, the command runs as `owner`. */
export const asOwner = (owner: Owner, deathSignal: 'INT' | 'TERM' | 'KILL', wrapped: Command): Command => {
  if (process.getuid?.() !== 0 || owner.uid === 0) return dyingWithParent(deathSignal, wrapped)
  const flags = [
    ...['--reuid', String(owner.uid), '--regid', String(owner.gid), '--clear-groups'],
    // Without it the kernel would empty the capabilities with the change of user.
    '--securebits=+no_setuid_fixup',
    `--bounding-set=-all,+${capability}`,
    `--inh-caps=-all,+${capability}`,
    `--ambient-caps=-all,+${capability}`,
    ...['--pdeathsig', deathSignal],
  ]
  return setpriv(flags, wrapped)
}

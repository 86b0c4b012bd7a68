import { randomInt } from 'node:crypto'
import { isPortTaken } from '../free-port.ts'

/** Below the ports that the system gives to outgoing connections, which would take a port while its server restarts. */
const range = { from: 20_000, to: 30_000 }
const attempts = 50

/** A TCP port that is free now and will not be given to anybody who does not ask for it by number. */
export const stablePort = async (): Promise<number> => {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = randomInt(range.from, range.to)
    if (!(await isPortTaken(port))) return port
  }
  throw new Error(`no free port from ${range.from} to ${range.to} in ${attempts} attempts`)
}

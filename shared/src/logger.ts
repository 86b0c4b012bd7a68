import pino, { type Logger } from 'pino'
import pretty from 'pino-pretty'

export type { Logger }

const secretVariables = ['DATABASE_URL', 'REDIS_URL', 'ADMIN_TOKENS', 'SESSION_SECRET', 'JWT_SECRET']

/** Fields that never reach a log line, wherever they stand. */
const secretPaths = [
  ...secretVariables,
  ...secretVariables.map((name) => `*.${name}`),
  'req.headers.authorization',
  'req.headers.cookie',
]

/**
 * Lines on stdout, each written at once. When whoever reads them is gone there is nobody left to tell: the log falls
 * silent. Left to itself pino ends the process's work here: what is not EPIPE (a socket says ECONNRESET first) becomes an
 * uncaught fault, and the fatal line about that is tried again for ever, in a loop that no signal gets through (sonic-boom 4).
 */
const lines = () => {
  const stdout = pino.destination({ dest: 1, sync: true })
  stdout.on('error', () => {
    stdout.write = () => true
    stdout.flushSync = () => undefined
  })
  return stdout
}

/**
 * JSON lines on stdout, or readable ones where a person looks at a terminal.
 * @param name the process, as in `worker-1`.
 */
export const createLogger = (name: string, level: string): Logger => {
  const options = {
    name,
    level,
    base: { name, pid: process.pid },
    redact: { paths: secretPaths, censor: '[secret]' },
    timestamp: pino.stdTimeFunctions.isoTime,
  }
  if (!process.stdout.isTTY) return pino(options, lines())
  return pino(options, pretty({ sync: true, ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l' }))
}

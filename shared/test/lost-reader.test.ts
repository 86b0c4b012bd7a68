import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const loggerFile = fileURLToPath(new URL('../src/logger.ts', import.meta.url))

/** Says that it runs, waits until it is told that nobody reads any more, and logs on. */
const program = `
  import { createLogger } from ${JSON.stringify(loggerFile)}
  const logger = createLogger('lonely', 'info')
  logger.info('somebody reads')
  process.once('message', () => {
    for (let n = 0; n < 10; n++) logger.fatal('nobody reads')
    process.exit(7)
  })`

test('a log whose reader is gone holds nobody up', async () => {
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const exited = once(child, 'exit')
  const { stdout } = child
  if (!stdout) throw new Error('expected a pipe')
  try {
    const [line] = await once(stdout, 'data')
    expect(JSON.parse(String(line))).toMatchObject({ msg: 'somebody reads' })
    stdout.destroy()
    await once(stdout, 'close')
    child.send('nobody reads any more')
    expect(await exited).toEqual([7, null])
  } finally {
    child.kill('SIGKILL')
  }
})

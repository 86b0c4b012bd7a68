/** `npm start`: the whole engine on this machine, until Ctrl-C. */
import { parseArgs } from 'node:util'
import { loadDotEnv } from '@flash-sale/shared/config/dot-env.ts'
import { projectRoot, startConfig } from './config.ts'
import { supervise } from './supervisor.ts'

const usage = `Usage: npm start -- [--fresh] [--watch]

  --fresh   start from empty stores (the embedded ones; given ones are left alone)
  --watch   start the api and the workers again when their code changes (npm run dev)
  --help    show this

Environment, also from a file .env: PORT (3000), DATA_DIR (.data), WORKERS (2), DATABASE_URL, REDIS_URL (given:
used instead of embedded ones), ADMIN_TOKENS, DEMO_STRATEGIES (true). All are in .env.example.
`

const readFlags = () => {
  const flag = { type: 'boolean', default: false } as const
  try {
    return parseArgs({ options: { fresh: flag, watch: flag, help: flag } }).values
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`)
    process.exit(2)
  }
}

const readConfiguration = () => {
  try {
    loadDotEnv()
    return startConfig()
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
    process.exit(1)
  }
}

const flags = readFlags()
if (flags.help) {
  process.stdout.write(usage)
  process.exit(0)
}
process.chdir(projectRoot)
// The terminal may be gone before we are.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
const say = (line: string): void => void process.stdout.write(`${line}\n`)
const exitCode = await supervise({ config: readConfiguration(), fresh: flags.fresh, watch: flags.watch, say })
process.exit(exitCode)

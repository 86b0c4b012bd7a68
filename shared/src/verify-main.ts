/** `npm run verify`: checks every invariant of a live engine (see `usage`). */
import { verdictText } from './verify/verdict-text.ts'
import { verifyEngine } from './verify/verify-engine.ts'
import { verifyConfig } from './verify-config.ts'
import { parseVerifyOptions, usage } from './verify-options.ts'

const exitCodes = { clean: 0, couldNotRun: 1, badUsage: 2, broken: 3 } as const

const run = async (args: string[]): Promise<number> => {
  const options = parseVerifyOptions(args)
  if (options.kind === 'bad usage') {
    process.stderr.write(`${options.message}\n\n${usage}`)
    return exitCodes.badUsage
  }
  if (options.kind === 'help') {
    process.stdout.write(usage)
    return exitCodes.clean
  }
  try {
    const verdict = await verifyEngine({ ...verifyConfig(), productId: options.productId })
    process.stdout.write(options.json ? `${JSON.stringify(verdict, null, 2)}\n` : verdictText(verdict))
    return verdict.ok ? exitCodes.clean : exitCodes.broken
  } catch (error) {
    const reason = error instanceof Error ? error.message || error.name : String(error)
    process.stderr.write(`verify could not run. ${reason}\n`)
    return exitCodes.couldNotRun
  }
}

process.exit(await run(process.argv.slice(2)))

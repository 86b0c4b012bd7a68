import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RoundOptions, type RoundResult, runRound } from './run-round.ts'
import { bootStack, type Stack } from './stack.ts'

/** Stacks that rounds are run on, one round a stack at a time. */
export interface StackPool {
  /**
   * Runs a round as soon as a stack is free. A stack on which a promise was broken is replaced.
   * @throws when a stack cannot be booted.
   */
  run(options: RoundOptions): Promise<RoundResult>
  /** Ends all stacks. What they leave behind goes too, unless a promise was broken: then the logs stay. */
  close(): Promise<void>
}

export interface StackPoolOptions {
  stacks: number
  /** More variables for the api and the workers. */
  env?: Readonly<Record<string, string>>
}

const workers = 3

/** Nothing is booted before it is needed. */
export const openStackPool = async (options: StackPoolOptions): Promise<StackPool> => {
  const directory = await mkdtemp(join(tmpdir(), 'flash-sale-chaos-'))
  const idle: (Stack | undefined)[] = Array.from({ length: options.stacks }, () => undefined)
  const waiting: ((stack: Stack | undefined) => void)[] = []
  let booted = 0
  let broken = false

  const boot = (): Promise<Stack> => {
    booted += 1
    const env = options.env ?? {}
    return bootStack({ directory: join(directory, `stack-${booted}`), workers, env })
  }
  /** The right to a stack, and the stack where there is one already. */
  const take = async (): Promise<Stack | undefined> =>
    idle.length > 0 ? idle.pop() : new Promise((resolve) => waiting.push(resolve))
  const give = (stack: Stack | undefined): void => {
    const next = waiting.shift()
    if (next) next(stack)
    else idle.push(stack)
  }

  return {
    run: async (round) => {
      let stack = await take()
      try {
        stack ??= await boot()
        const result = await runRound(stack, round)
        if (result.violations.length === 0) return result
        broken = true
        await stack.close()
        stack = undefined
        return result
      } finally {
        give(stack)
      }
    },
    close: async () => {
      await Promise.all(idle.splice(0).map((stack) => stack?.close()))
      if (!broken) await rm(directory, { recursive: true, force: true })
    },
  }
}

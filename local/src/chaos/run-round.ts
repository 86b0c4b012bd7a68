import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { withDeadline } from '@flash-sale/shared/deadline.ts'
import type { Fault, Round } from './fault.ts'
import { countProblems, reportedCounts } from './fault-counts.ts'
import { drawPlan } from './plan.ts'
import { randomOf } from './random.ts'
import { type Sale, startSale } from './sale.ts'
import type { Stack } from './stack.ts'
import { drainProblems, saleProblems, stackProblems } from './verdict.ts'

/** What came of a round. */
export interface RoundResult {
  number: number
  seed: number
  fault: string
  buyers: number
  stock: number
  /** Purchases that were confirmed. */
  sold: number
  /** Purchases that were answered 202 and then unknown. */
  lost: number
  tookMs: number
  figures: { name: string; value: number }[]
  /** Empty: all promises were kept. */
  violations: string[]
  /** Where the logs of the processes are kept, of a round with violations. */
  logs?: string
}

export interface RoundOptions {
  number: number
  seed: number
  fault: Fault
  /** Limits of the engine are stretched by this. */
  patience: number
}

const buyersMsMax = 90_000
const injectMsMax = 240_000

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The part of every log that belongs to this round. */
const keepLogs = async (
  stack: Stack,
  { number, seed }: RoundOptions,
  violations: string[],
): Promise<string> => {
  const directory = join(stack.directory, `round-${number}-seed-${seed}`)
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'violations.txt'), `${violations.join('\n')}\n`)
  for (const service of stack.services)
    await writeFile(join(directory, `${service.name}.log`), await service.log())
  return directory
}

/** Runs one round on a stack that is whole; it is whole again afterwards unless there were violations. */
export const runRound = async (stack: Stack, options: RoundOptions): Promise<RoundResult> => {
  const { fault, seed } = options
  const startedAt = performance.now()
  const random = randomOf(seed)
  const plan = drawPlan(random, fault.plan)
  const sales: Sale[] = []
  const figures: RoundResult['figures'] = []
  const violations: string[] = []
  const round: Round = {
    seed,
    random,
    plan,
    sell: async (change, prepare) => {
      const own = { ...plan, ...change }
      const { stock, thinkMs, batchMax } = own
      const name = `s${seed}n${sales.length}`
      const productId = await stack.shop.createProduct({ name, stock, thinkMs, batchMax, demo: true })
      await prepare?.(productId)
      const sale = startSale({
        ...{ shop: stack.shop, random, plan: own, productId },
        name: `${name}p${productId}`,
        patienceMs: buyersMsMax,
      })
      sales.push(sale)
      return sale
    },
    violation: (what) => void violations.push(what),
    figure: (name, value) => void figures.push({ name, value: Math.round(value) }),
    patient: (ms) => ms * options.patience,
  }

  await Promise.all(stack.services.map((service) => service.mark()))
  const { counts } = fault
  const countedBefore = counts && (await reportedCounts(stack.inspect))
  await withDeadline('injecting', injectMsMax, fault.inject(stack, round)).catch((error) =>
    violations.push(`not injected: ${reasonOf(error)}`),
  )
  try {
    await stack.heal()
    await Promise.all(sales.map((sale) => sale.ended))
    violations.push(...(await drainProblems(stack.inspect)))
    for (const sale of sales)
      violations.push(...(await saleProblems(stack, sale, fault.losesAccepted ?? false)))
    violations.push(...(await stackProblems(stack)))
    if (countedBefore) violations.push(...(await countProblems(stack.inspect, counts, countedBefore)))
  } catch (error) {
    violations.push(`no verdict: ${reasonOf(error)}`)
  }

  const buyers = sales.flatMap((sale) => sale.buyers)
  return {
    number: options.number,
    seed,
    fault: fault.name,
    buyers: buyers.length,
    stock: sales.reduce((sum, sale) => sum + sale.plan.stock + sale.restocked, 0),
    sold: buyers.filter(({ seen }) => seen?.status === 'confirmed').length,
    lost: buyers.filter(({ lost }) => lost > 0).length,
    tookMs: Math.round(performance.now() - startedAt),
    figures,
    violations,
    ...(violations.length > 0 ? { logs: await keepLogs(stack, options, violations) } : {}),
  }
}

import { randomBytes } from 'node:crypto'
import type { Product } from '@flash-sale/shared/contract/product.ts'
import type { Strategy } from '@flash-sale/shared/contract/purchase.ts'
import type { Verification } from '@flash-sale/shared/contract/verification.ts'
import type { Admin } from './admin.ts'
import { CouldNotRun } from './could-not-run.ts'
import { type Course, courseOf } from './course.ts'
import { type Figures, figuresOf } from './figures.ts'
import type { Options } from './options.ts'
import { judge, type Verdict } from './verdict.ts'
import { emptyTally, runWorkload, type Tally } from './workload.ts'

/** The settings that shape one run. */
export type Settings = Pick<
  Options,
  | 'buyers'
  | 'stock'
  | 'quantity'
  | 'connections'
  | 'thinkMs'
  | 'batchMax'
  | 'productId'
  | 'timeoutMs'
  | 'retryLost'
  | 'seed'
> & { strategy: Strategy }

/** One crowd on one product, with everything that was found out about it. */
export interface Run {
  settings: Settings
  figures: Figures
  verification: Verification
  verdict: Verdict
  /** How it went over time. */
  course: Course
}

/** Watches a run while it lasts; what it returns is called at the end, also after a failure. */
export type Watch = (tally: Tally) => () => void

async function prepareProduct(admin: Admin, settings: Settings, runId: string): Promise<Product> {
  const { productId, stock, strategy, thinkMs, batchMax } = settings
  if (productId !== undefined) return await admin.resetProduct(productId, stock)
  return await admin.createProduct({
    name: `Load test ${runId} (${strategy})`,
    stock,
    demo: true,
    perCustomerLimit: null,
    ...(thinkMs > 0 ? { thinkMs } : {}),
    ...(batchMax === undefined ? {} : { batchMax }),
  })
}

/**
 * Prepares a product, lets the crowd buy and judges the result. Throws CouldNotRun when the product
 * cannot be had, when no purchase at all is accepted, or when there is no verification.
 */
export async function runOnce(origin: string, admin: Admin, settings: Settings, watch: Watch): Promise<Run> {
  const runId = randomBytes(4).toString('hex')
  const product = await prepareProduct(admin, settings, runId)
  const tally = emptyTally(settings.buyers)
  const stopWatching = watch(tally)
  const results = await runWorkload({ ...settings, origin, productId: product.id, runId }, tally).finally(
    stopWatching,
  )

  const figures = figuresOf(results, settings.quantity)
  const [reason] = figures.reasons
  if (figures.accepted === 0 && reason)
    throw new CouldNotRun(`no purchase was accepted, ${reason.count} of them because of ${reason.detail}`)

  const verification = await admin.verifyProduct(product.id)
  const exclusive = settings.productId === undefined
  // A product that was given keeps its own think time and batch size, and those are what was measured.
  const effective = exclusive
    ? settings
    : { ...settings, thinkMs: product.thinkMs, batchMax: product.batchMax ?? undefined }
  const verdict = judge(figures, verification, { quantity: settings.quantity, exclusive })
  const stock = verification.initialStock + verification.restocked
  const course = courseOf(results, { quantity: settings.quantity, stock })
  return { settings: effective, figures, verification, verdict, course }
}

import { verifyEngine } from '@flash-sale/shared/verify/verify-engine.ts'
import { verifyProduct } from '@flash-sale/shared/verify-product.ts'
import type { Inspection, StoredPurchase } from './inspection.ts'
import type { Buyer, Sale } from './sale.ts'
import type { ShopClient } from './shop-client.ts'
import type { Stack } from './stack.ts'
import { until } from './until.ts'

/** Of a stack, what the verdict on a sale asks. */
export interface Judged {
  inspect: Inspection
  shop: Pick<ShopClient, 'find'>
}

const drainMsMax = 45_000
const lockMsMax = 5_000
/** Reads at a time. */
const readersMax = 50

const shown = (items: readonly string[]): string =>
  `${items.length}: ${items.slice(0, 3).join(', ')}${items.length > 3 ? ', …' : ''}`

/** Waits until no job waits for its end; what is not there in time is a violation. */
export const drainProblems = async (inspect: Inspection): Promise<string[]> => {
  try {
    await until('an empty queue', drainMsMax, async () => (await inspect.pendingJobs()) === 0)
  } catch (error) {
    const counts = JSON.stringify(await inspect.queue.getJobCounts())
    return [`jobs are left: ${(error as Error).message}, ${counts}`]
  }
  return []
}

/** Failed jobs of which Postgres knows no outcome: nobody will ever answer those. */
const failedWithoutRow = async (inspect: Inspection): Promise<string[]> => {
  const ids = await inspect.failedJobs()
  const rows = await inspect.database.run(
    'looking for failed jobs',
    (sql) => sql<{ id: string }[]>`
      SELECT g.id FROM unnest(${ids}::text[]) AS g(id)
       WHERE NOT EXISTS (SELECT 1 FROM purchases p WHERE p.id::text = g.id)`,
  )
  return rows.length === 0 ? [] : [`failed jobs without an outcome, ${shown(rows.map(({ id }) => id))}`]
}

const lockProblems = async (inspect: Inspection, productId: number): Promise<string[]> => {
  const { lock } = inspect.lockKeys(productId)
  try {
    await until('a free lock', lockMsMax, async () => (await inspect.redis.exists(lock)) === 0)
    return []
  } catch {
    return [`the lock of product ${productId} is still held by ${await inspect.lockOwner(productId)}`]
  }
}

const buyerProblems = (sale: Sale, losesAccepted: boolean): string[] => {
  const troubled = sale.buyers.flatMap(({ customerId, trouble }) =>
    trouble ? [`${customerId} ${trouble}`] : [],
  )
  const lost = sale.buyers.filter((buyer) => buyer.lost > 0).map(({ customerId }) => customerId)
  return [
    ...sale.contradictions,
    ...(troubled.length > 0 ? [`buyers in trouble, ${shown(troubled)}`] : []),
    ...(lost.length > 0 && !losesAccepted ? [`accepted purchases were lost, ${shown(lost)}`] : []),
  ]
}

/** One purchase with one outcome for each buyer, the one that was seen. */
const storedProblems = (sale: Sale, stored: readonly StoredPurchase[]): string[] => {
  const byCustomer = Map.groupBy(stored, ({ customerId }) => customerId)
  const problemOf = (buyer: Buyer): string | undefined => {
    const [row, ...others] = byCustomer.get(buyer.customerId) ?? []
    if (others.length > 0) return `${buyer.customerId} has ${others.length + 1} purchases`
    if (!row)
      return buyer.jobId === undefined ? undefined : `${buyer.jobId} was answered 202 and has no outcome`
    if (buyer.jobId !== undefined && row.id !== buyer.jobId) return `${buyer.jobId} is stored as ${row.id}`
    if (buyer.refused && row.orderId !== null)
      return `${buyer.customerId} was refused as sold out and has order ${row.orderId}`
    if (row.outcome === 'failed') return `${row.id} failed`
    if ((row.outcome === 'confirmed') !== (row.orderId !== null))
      return `${row.id} is ${row.outcome} with order ${row.orderId}`
    const { seen } = buyer
    if (seen && (seen.status !== row.outcome || (seen.orderId ?? null) !== row.orderId))
      return `${row.id} was seen as ${seen.status} ${seen.orderId} and is stored as ${row.outcome} ${row.orderId}`
    return undefined
  }
  const problems = sale.buyers.map(problemOf).filter((problem) => problem !== undefined)
  const known = new Set(sale.buyers.map(({ customerId }) => customerId))
  const foreign = stored.filter(({ customerId }) => !known.has(customerId))
  return [
    ...(problems.length > 0 ? [`purchases, ${shown(problems)}`] : []),
    ...(foreign.length > 0 ? [`purchases of nobody, ${shown(foreign.map(({ id }) => id))}`] : []),
  ]
}

/** Asks for every purchase once more: an outcome that was seen never changes. */
const shownProblems = async (stack: Judged, sale: Sale): Promise<string[]> => {
  const problems: string[] = []
  const left = sale.buyers.filter((buyer) => buyer.jobId !== undefined && buyer.seen !== undefined)
  const read = async (): Promise<void> => {
    for (let buyer = left.pop(); buyer?.jobId !== undefined; buyer = left.pop()) {
      const { status, body } = await stack.shop.find(buyer.jobId)
      const orderId = body?.orderId === undefined ? undefined : String(body.orderId)
      if (status !== 200 || body?.status !== buyer.seen?.status || orderId !== buyer.seen?.orderId)
        problems.push(`${buyer.jobId} was ${buyer.seen?.status}, is ${status} ${body?.status}`)
    }
  }
  await Promise.all(Array.from({ length: readersMax }, read))
  return problems.length === 0 ? [] : [`outcomes changed, ${shown(problems)}`]
}

const stockProblems = async (
  stack: Judged,
  sale: Sale,
  stored: readonly StoredPurchase[],
): Promise<string[]> => {
  const verification = await verifyProduct(stack.inspect.database, sale.productId)
  if (!verification?.ok) return [`the product does not verify: ${JSON.stringify(verification)}`]
  if (sale.plan.quantityMax > 1) return []
  const customers = new Set(stored.map(({ customerId }) => customerId))
  const refused = sale.buyers.filter((buyer) => buyer.refused && !customers.has(buyer.customerId)).length
  const demand =
    refused + stored.filter(({ outcome }) => outcome === 'confirmed' || outcome === 'sold_out').length
  const stock = sale.plan.stock + sale.restocked
  // A restock may come after somebody was refused; then there may be stock left.
  const enough =
    sale.restocked > 0 ? verification.sold <= stock : verification.sold === Math.min(demand, stock)
  return enough
    ? []
    : [`sold ${verification.sold}, expected the smaller of demand ${demand} and stock ${stock}`]
}

/** What is wrong after a round with one of its sales; the queue must have drained. */
export const saleProblems = async (stack: Judged, sale: Sale, losesAccepted: boolean): Promise<string[]> => {
  const stored = await stack.inspect.purchases(sale.productId)
  return [
    ...buyerProblems(sale, losesAccepted),
    ...storedProblems(sale, stored),
    ...(await stockProblems(stack, sale, stored)),
    ...(await shownProblems(stack, sale)),
    ...(await lockProblems(stack.inspect, sale.productId)),
  ]
}

/** What `npm run verify` says; nobody is left who would take care of a failed job later. */
const verifyProblems = async ({ postgres, redis }: Stack): Promise<string[]> => {
  const { checks } = await verifyEngine({
    databaseUrl: postgres.url,
    redisUrl: redis.url,
    keyPrefix: '',
    reconciledAfterMs: 0,
  })
  return checks.flatMap(({ name, worst }) => worst.map((line) => `verify, ${name}: ${line}`))
}

/** What is wrong with the processes and the queue, whatever was sold. */
export const stackProblems = async (stack: Stack): Promise<string[]> => {
  const fallen = stack.services.flatMap((service) => {
    const how = service.fell()
    return how === undefined ? [] : [`${service.name} ended by itself: ${how}`]
  })
  const faults = await Promise.all(
    stack.services.map(async (service) =>
      (await service.logged('"level":60')).map((line) => `${service.name}: ${line.slice(0, 300)}`),
    ),
  )
  return [
    ...fallen,
    ...faults.flat(),
    ...(await failedWithoutRow(stack.inspect)),
    ...(await verifyProblems(stack)),
  ]
}

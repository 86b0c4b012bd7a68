import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import type { PurchaseAccepted, PurchaseView } from '../../../shared/src/contract/purchase.ts'
import { openBacklog } from '../backlog.ts'
import { plenty, startClean } from '../clean.ts'
import { engine, type Serving, startApis } from '../contenders/http.ts'
import { type EtaLook, type EtaVerdict, judgeLooks } from '../eta-looks.ts'
import { type BenchClient, openClient } from '../http-client.ts'
import { units, withWaiting } from '../situations.ts'
import type { Sizes } from '../sizes.ts'
import type { Step } from '../step.ts'
import type { BenchStores } from '../stores.ts'
import { purchaseRequest } from './throughput.ts'

const apis = 2
const connections = 32
/** One purchase in so many is looked at. */
const watchedEvery = 200
const lookEveryMs = 200
/** What is shown before the queue has drained so long is not judged: the api takes its speed from four seconds. */
const settlingInMs = 5_000
/** A payment of 100 ms for up to 80 purchases at a time: most of the time is then spent waiting for it, and the speed steady. */
const pace = { thinkMs: 100, batchMax: 80 }
const pacedPerS = 550

interface Watched {
  path: string
  settledAtMs: number | undefined
  looks: EtaLook[]
}

const paceProducts = async (databaseUrl: string): Promise<void> => {
  const sql = postgres(databaseUrl, { max: 1 })
  try {
    await sql`UPDATE products SET demo = true, think_ms = ${pace.thinkMs}, batch_max = ${pace.batchMax}`
  } finally {
    await sql.end({ timeout: 5 })
  }
}

/** Sends purchases through all apis in turn. @returns those to look at. @throws when one is not accepted. */
const buyAll = async (clients: readonly BenchClient[], count: number): Promise<Watched[]> => {
  const watched: Watched[] = []
  let sent = 0
  const buyer = async (): Promise<void> => {
    while (sent < count) {
      const n = sent
      sent += 1
      const client = clients[n % clients.length]
      const answer = await client?.send({ method: 'POST', ...purchaseRequest(n) }, true)
      if (answer?.status !== 202) throw new Error(`expected 202, got ${answer?.status}: ${answer?.body}`)
      const { statusUrl } = JSON.parse(answer.body) as PurchaseAccepted
      if (n % watchedEvery === watchedEvery - 1)
        watched.push({ path: statusUrl, settledAtMs: undefined, looks: [] })
    }
  }
  await Promise.all(Array.from({ length: connections }, buyer))
  return watched
}

/** @throws when the purchase is not shown. */
const lookAt = async (client: BenchClient | undefined, purchase: Watched): Promise<void> => {
  const atMs = Date.now()
  const answer = await client?.send({ method: 'GET', path: purchase.path }, true)
  if (answer?.status !== 200) throw new Error(`expected 200, got ${answer?.status}: ${answer?.body}`)
  const view = JSON.parse(answer.body) as PurchaseView
  if (view.settledAt !== undefined) purchase.settledAtMs = Date.parse(view.settledAt)
  else if (view.aheadEstimate === undefined) throw new Error(`expected a place in the queue: ${answer.body}`)
  else purchase.looks.push({ atMs, aheadEstimate: view.aheadEstimate, etaMs: view.etaMs })
}

/** Looks at all that wait, each time through another api than the time before, until none does. */
const watchAll = async (clients: readonly BenchClient[], watched: readonly Watched[]): Promise<void> => {
  for (let turn = 0; ; turn += 1) {
    const waiting = watched.filter(({ settledAtMs }) => settledAtMs === undefined)
    if (waiting.length === 0) return
    await Promise.all(
      waiting.map((purchase, index) => lookAt(clients[(turn + index) % clients.length], purchase)),
    )
    await sleep(lookEveryMs)
  }
}

/**
 * How good the time to go is that buyers are shown, while a backlog drains that was queued through two apis.
 * @throws when a purchase is not accepted, or not shown.
 */
export const measureEta = async (stores: BenchStores, purchases: number): Promise<EtaVerdict> => {
  await startClean({ ...stores, products: 1, stock: plenty })
  await paceProducts(stores.databaseUrl)
  const serving = await startApis(stores, apis)
  const clients = serving.map(({ origin }) => openClient(origin, connections))
  const backlog = await openBacklog(stores.redisUrl)
  try {
    await backlog.pause()
    const watched = await buyAll(clients, purchases)
    await backlog.resume()
    const beganAtMs = Date.now()
    await watchAll(clients, watched)
    const settled = watched.map(({ settledAtMs = 0, looks }) => ({ settledAtMs, looks }))
    return judgeLooks(settled, beganAtMs + settlingInMs)
  } finally {
    await backlog.close()
    await Promise.all(clients.map((client) => client.close()))
    await Promise.all(serving.map((each: Serving) => each.stop()))
  }
}

export const etaSteps = ({ etaPurchases }: Sizes): Step[] => [
  {
    measure: 'eta',
    label: `engine, ${withWaiting(etaPurchases)}`,
    estimateS: etaPurchases / pacedPerS + etaPurchases / 1_200 + 6,
    run: async ({ stores }) => {
      const { withinPercent, errorPercent, grewPercent } = await measureEta(stores, etaPurchases)
      const named = { contender: engine.name, situation: withWaiting(etaPurchases) }
      return [
        { ...named, unit: units.within, value: withinPercent },
        { ...named, unit: units.grew, value: grewPercent },
        { ...named, unit: units.error, value: errorPercent },
      ]
    },
  },
]

import { setTimeout as sleep } from 'node:timers/promises'
import { plenty, startClean } from '../clean.ts'
import { engine, type HttpContender, sqlPerRequest } from '../contenders/http.ts'
import { type BenchClient, openClient } from '../http-client.ts'
import { runLoad, runOpenLoop } from '../load.ts'
import { type Percentiles, percentilesOf } from '../percentiles.ts'
import { medianOf, type Sample } from '../results.ts'
import { latencySituations, units, withConnections } from '../situations.ts'
import type { Sizes } from '../sizes.ts'
import type { Reading, Step, StepContext } from '../step.ts'
import type { BenchStores } from '../stores.ts'
import { expectAccepted, measureThroughput, purchaseRequest, untilSettled } from './throughput.ts'

export interface LatencyOptions {
  contender: HttpContender
  ratePerS: number
  durationMs: number
  /** Buyers ask the server to hold the answer of `POST` for the outcome, instead of asking for it again. */
  waits?: boolean
}

/** Times in milliseconds, from the moment at which the purchase should have been sent. */
export interface Latency {
  outcome: Percentiles
  answer: Percentiles
  /** From acceptance until settlement, as the server tells; undefined when it does not. */
  settled: Percentiles | undefined
  /** How late the generator sent: its own share of the times. */
  late: Percentiles
}

const connections = 512
const patienceMs = 60_000
const warmUpPart = 0.25

interface Times {
  outcome: number[]
  answer: number[]
  settled: number[]
  late: number[]
  failures: string[]
}

interface Accepted {
  statusUrl: string
  pollAfterMs: number
}

interface Seen {
  pollAfterMs?: number
  acceptedAt?: string
  settledAt?: string
}

/** Asks for a purchase when the server says so, until it has its outcome. @returns why there is none. */
const follow = async (client: BenchClient, accepted: Accepted, times: Times): Promise<string | undefined> => {
  const patientUntilMs = performance.now() + patienceMs
  let pauseMs = accepted.pollAfterMs
  while (performance.now() < patientUntilMs) {
    await sleep(pauseMs)
    const { status, body } = await client.send({ method: 'GET', path: accepted.statusUrl }, true)
    if (status !== 200) return `GET answered ${status}`
    const seen = JSON.parse(body) as Seen
    if (seen.pollAfterMs === undefined) {
      if (seen.settledAt !== undefined && seen.acceptedAt !== undefined)
        times.settled.push(Date.parse(seen.settledAt) - Date.parse(seen.acceptedAt))
      return undefined
    }
    pauseMs = seen.pollAfterMs
  }
  return `no outcome within ${patienceMs / 1000} s`
}

/** One buyer: sends the purchase and learns how it ended. */
const buy = async (
  client: BenchClient,
  n: number,
  { intendedAtMs, times, prefer }: { intendedAtMs: number; times: Times; prefer: string | undefined },
): Promise<void> => {
  times.late.push(performance.now() - intendedAtMs)
  const { status, body } = await client.send({ method: 'POST', ...purchaseRequest(n), prefer }, true)
  times.answer.push(performance.now() - intendedAtMs)
  if (status !== 201 && status !== 202) return void times.failures.push(`POST answered ${status}`)
  const failure = status === 202 ? await follow(client, JSON.parse(body), times) : undefined
  if (failure === undefined) times.outcome.push(performance.now() - intendedAtMs)
  else times.failures.push(failure)
}

/**
 * How long buyers wait for their outcome at a fixed rate. They come at their times whatever has become of those before
 * them (an open loop), and their wait counts from when they should have been sent, so that a pause of the server is
 * counted for everyone who would have come in it.
 * @throws when one does not get an outcome.
 */
export const measureLatency = async (
  stores: BenchStores,
  { contender, ratePerS, durationMs, waits = false }: LatencyOptions,
): Promise<Latency> => {
  await startClean({ ...stores, products: 1, stock: plenty })
  const serving = await contender.start(stores)
  const client = openClient(serving.origin, connections)
  try {
    const load = {
      origin: serving.origin,
      connections: 64,
      method: 'POST' as const,
      request: purchaseRequest,
    }
    expectAccepted(await runLoad({ ...load, requestsMax: contender.warmUpRequests }))
    await untilSettled(stores, serving)
    const prefer = waits ? 'wait=10' : undefined
    const sell = async (lastsMs: number): Promise<Times> => {
      const times: Times = { outcome: [], answer: [], settled: [], late: [], failures: [] }
      await runOpenLoop({ ratePerS, durationMs: lastsMs }, (n, intendedAtMs) =>
        buy(client, n, { intendedAtMs, times, prefer }).catch(
          (error) => void times.failures.push(String(error)),
        ),
      )
      return times
    }
    // Its connections have to be opened, and the code that answers GET is cold.
    await sell(durationMs * warmUpPart)
    const times = await sell(durationMs)
    if (times.failures.length > 0)
      throw new Error(`${times.failures.length} purchases have no outcome, as in: ${times.failures[0]}`)
    return {
      outcome: percentilesOf(times.outcome),
      answer: percentilesOf(times.answer),
      settled: times.settled.length === 0 ? undefined : percentilesOf(times.settled),
      late: percentilesOf(times.late),
    }
  } finally {
    await client.close()
    await serving.stop()
  }
}

const capacityConnections = 64

/** What the engine settles a second in a closed loop: the median of this run so far. */
const capacityIn = (samples: readonly Sample[]): number | undefined => {
  const found = samples.filter(
    ({ measure, contender, situation, unit }) =>
      measure === 'throughput' &&
      contender === engine.name &&
      situation === withConnections(capacityConnections) &&
      unit === units.settled,
  )
  return found.length === 0 ? undefined : medianOf(found.map(({ value }) => value))
}

const readingsOf = (contender: string, latency: Latency): Reading[] =>
  (Object.keys(latencySituations) as (keyof typeof latencySituations)[]).flatMap((name) => {
    const percentiles = latency[name]
    if (!percentiles) return []
    const named = { contender, situation: latencySituations[name] }
    return [
      { ...named, unit: 'ms p50', value: percentiles.p50 },
      { ...named, unit: 'ms p99', value: percentiles.p99 },
      { ...named, unit: 'ms p99.9', value: percentiles.p999 },
    ]
  })

/** By polling, as most clients do it, and by waiting. */
const cases: readonly { contender: HttpContender; waits?: boolean; name: string }[] = [
  { contender: engine, name: engine.name },
  { contender: engine, waits: true, name: `${engine.name}, Prefer: wait` },
  { contender: sqlPerRequest(4), name: sqlPerRequest(4).name },
]

/** At half of what the engine can do, the same rate for all. */
export const latencySteps = ({ openLoopMs, loadMs }: Sizes): Step[] => {
  // Measured once when the run has no throughput to go by, so that all contenders get the same rate.
  let measuredPerS: number | undefined
  const capacityOf = async ({ stores, samples }: StepContext): Promise<number> => {
    const known = capacityIn(samples) ?? measuredPerS
    if (known !== undefined) return known
    const options = { contender: engine, connections: capacityConnections, durationMs: loadMs }
    measuredPerS = (await measureThroughput(stores, options)).settledPerS
    return measuredPerS
  }
  return cases.map(({ name, contender, waits = false }) => ({
    measure: 'latency',
    label: `${name}, open loop`,
    estimateS: (openLoopMs / 1000) * (1 + warmUpPart) + 5,
    run: async (context) => {
      const ratePerS = (await capacityOf(context)) / 2
      const options = { contender, ratePerS, durationMs: openLoopMs, waits }
      const latency = await measureLatency(context.stores, options)
      const rate = { contender: name, situation: 'rate', unit: 'purchases/s', value: ratePerS }
      return [...readingsOf(name, latency), rate]
    },
  }))
}

import type { Readiness } from '@flash-sale/shared/contract/readiness.ts'
import { type Answer, createClient } from './client.ts'
import { isRecord } from './problem.ts'

/** What is found at an address. */
export type Found =
  | { kind: 'nothing'; reason: string }
  | { kind: 'stranger'; reason: string }
  | { kind: 'unready'; missing: string }
  | { kind: 'engine' }

const probeTimeoutMs = 3_000

/** Faults that mean nobody listens there, as against somebody who listens and does not speak HTTP. */
const nobodyListens = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]

const isReadiness = (body: unknown): body is Readiness =>
  isRecord(body) && typeof body.ready === 'boolean' && isRecord(body.checks)

const missingOf = ({ checks }: Readiness): string =>
  Object.entries(checks)
    .filter(([, state]) => state !== 'ok')
    .map(([part, state]) => `${part}: ${state}`)
    .join(', ')

function judgeReadyz(answer: Answer): Found {
  if (answer.kind === 'fault')
    return { kind: 'stranger', reason: `no answer to GET /readyz (${answer.reason})` }
  const { status, body } = answer
  if (!isReadiness(body))
    return { kind: 'stranger', reason: `HTTP ${status} to GET /readyz, without the engine's checks` }
  return body.ready ? { kind: 'engine' } : { kind: 'unready', missing: missingOf(body) || `HTTP ${status}` }
}

/** Looks who answers at `origin`, within three seconds. */
export async function probe(origin: string): Promise<Found> {
  const client = createClient(origin, 1)
  const timer = setTimeout(() => void client.destroy(`silent for ${probeTimeoutMs} ms`), probeTimeoutMs)
  try {
    const live = await client.send({ method: 'GET', path: '/livez' })
    if (live.kind === 'fault')
      return { kind: nobodyListens.includes(live.reason) ? 'nothing' : 'stranger', reason: live.reason }
    return judgeReadyz(await client.send({ method: 'GET', path: '/readyz' }))
  } finally {
    clearTimeout(timer)
    await client.destroy('probed')
  }
}

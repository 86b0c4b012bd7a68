import type { Client } from './client.ts'
import { readAnswer } from './poll.ts'
import type { BuyerResult } from './workload.ts'

type Settled = Extract<BuyerResult, { kind: 'settled' }>

/**
 * The engine may answer from the committed row before the job is marked completed, and only the job knows
 * what the purchase waited for. Asked once more, after the race, so that the waits of the quickest answers
 * are not missing from the figures. An outcome that changed in between is a breach, and is marked.
 */
export async function reread(client: Client, results: readonly BuyerResult[]): Promise<BuyerResult[]> {
  return await Promise.all(
    results.map(async (result) =>
      result.kind === 'settled' && result.view.queueWaitMs === undefined
        ? await rereadOne(client, result)
        : result,
    ),
  )
}

async function rereadOne(client: Client, result: Settled): Promise<Settled> {
  const answer = readAnswer(await client.send({ method: 'GET', path: result.statusPath }))
  if (answer.kind !== 'settled') return result
  if (answer.outcome !== result.outcome) return { ...result, changedTo: answer.outcome }
  return { ...result, view: answer.view }
}

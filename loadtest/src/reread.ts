import { ClientFault } from '@flash-sale/shared/contract/client-fault.ts'
import { isSettled, type Settled as SettledView } from '@flash-sale/shared/contract/client-outcome.ts'
import type { Client } from './client.ts'
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

/** Undefined when it cannot be had now. */
async function outcomeNow(client: Client, jobId: string): Promise<SettledView | undefined> {
  try {
    const found = await client.shop.purchase(jobId)
    return found.kind === 'found' && isSettled(found.value) ? found.value : undefined
  } catch (error) {
    if (error instanceof ClientFault) return undefined
    throw error
  }
}

async function rereadOne(client: Client, result: Settled): Promise<Settled> {
  const view = await outcomeNow(client, result.jobId)
  if (!view) return result
  return view.status === result.outcome ? { ...result, view } : { ...result, changedTo: view.status }
}

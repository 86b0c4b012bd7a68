import type { Client } from './client.ts'
import { type Ending, pollToOutcome } from './poll.ts'
import { type KeyedPurchase, type Submission, submitPurchase } from './submit.ts'

type Accepted = Extract<Submission, { kind: 'accepted' }>

/** How a purchase ended, the acceptance that led there, and how many POSTs were sent beyond the first. */
export interface Followed {
  ending: Ending
  accepted: Accepted
  retries: number
}

/**
 * Follows a purchase to its outcome as `pollToOutcome` does; one that the server has forgotten on the way is sent again
 * with its key and followed anew, at most `resendsMax` times and not past `deadlineAtMs`.
 */
export async function follow(
  client: Client,
  purchase: KeyedPurchase,
  first: Accepted,
  { deadlineAtMs, resendsMax }: { deadlineAtMs: number; resendsMax: number },
): Promise<Followed> {
  let accepted = first
  let retries = first.retries
  for (let resends = 0; ; resends += 1) {
    const ending = await pollToOutcome(client, accepted, deadlineAtMs)
    const isForgotten = ending.kind === 'lost' && ending.reason === 'unknown-purchase'
    if (!isForgotten || resends === resendsMax) return { ending, accepted, retries }
    const again = await submitPurchase(client, purchase, deadlineAtMs)
    retries += 1 + again.retries
    if (again.kind !== 'accepted') return { ending, accepted, retries }
    accepted = again
  }
}

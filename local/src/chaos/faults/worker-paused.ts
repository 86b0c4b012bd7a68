import type { Fault } from '../fault.ts'
import { until } from '../until.ts'
import { longLeases, nextGrant, partlySold, stuckStatement, unhurried } from './moments.ts'

const leaseOverMsMax = 10_000
const refusedMsMax = 5_000
const stalledMsMax = 20_000

export const pausedPastLease: Fault = {
  name: 'worker-paused-past-lease',
  number: 4,
  what: 'SIGSTOP with its settle statement held at the proxy; delivered after a successor has settled; SIGCONT',
  expects: 'Postgres refuses the statement with FS001; the worker settles its purchases under a new lease',
  counts: [
    'flash_sale_leases_lost_total',
    'flash_sale_stale_tokens_refused_total',
    'flash_sale_settle_retries_total{cause="newer_lease"}',
  ],
  plan: unhurried,
  inject: async (stack, round) => {
    const sale = await round.sell()
    await partlySold(stack, round, sale)
    const { worker } = await stuckStatement(stack, round, sale)
    const { postgres } = worker.links
    const before = await stack.inspect.lastToken(sale.productId)
    worker.pause()
    // Its own lease is one newer than the last that has settled.
    await until('a settlement by the successor', leaseOverMsMax, async () => {
      return (await stack.inspect.lastToken(sale.productId)) > before + 1
    })
    postgres.hold('toClient')
    postgres.deliver('toServer')
    await until('the refusal', refusedMsMax, () => postgres.held('toClient').includes('FS001'))
    postgres.deliver('toClient')
    worker.resume()
  },
}

export const blockedPastJobLock: Fault = {
  name: 'worker-blocked-past-job-lock',
  number: 5,
  what: 'SIGSTOP of a worker with active jobs, which is the same as a blocked event loop, until they have stalled',
  expects: 'the jobs run a second time elsewhere, and end once',
  counts: ['flash_sale_jobs_stalled_total'],
  slow: true,
  plan: longLeases,
  inject: async (stack, round) => {
    const sale = await round.sell()
    const { holder } = await nextGrant(stack, sale, 1)
    holder.pause()
    const others = stack.workers.filter((worker) => worker !== holder)
    await until('stalled jobs', stalledMsMax, async () => {
      const lines = await Promise.all(others.map((other) => other.logged('a stalled job goes back')))
      return lines.flat().length > 0
    })
    holder.resume()
  },
}

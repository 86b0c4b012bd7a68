import type { Fault } from '../fault.ts'
import { anyWorker, partlySold, unhurried } from './moments.ts'

/** What a process may take to end, whatever its stores do. */
const stopMsMax = 10_000

export const stoppedWithoutRedis: Fault = {
  name: 'sigterm-without-redis',
  number: 25,
  what: 'Redis gets SIGKILL during the sale; then the api and a worker get SIGTERM',
  expects: `both end by themselves within ${stopMsMax / 1000} s`,
  slow: true,
  plan: unhurried,
  inject: async (stack, round) => {
    const worker = anyWorker(stack, round)
    const sale = await round.sell()
    await partlySold(stack, round, sale)
    await stack.redis.kill()
    const stops = [stack.api, worker].map(async (service) => {
      const { how, tookMs } = await service.terminate(round.patient(stopMsMax) + 2_000)
      round.figure(service === worker ? 'workerStopMs' : 'apiStopMs', tookMs)
      if (tookMs > round.patient(stopMsMax) || how.startsWith('signal'))
        round.violation(`${service.name} ended with ${how} ${tookMs} ms after SIGTERM`)
    })
    await Promise.all(stops)
  },
}

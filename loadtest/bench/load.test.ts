import { expect, test } from 'vitest'
import { serve } from '../test/http-server.ts'
import { runLoad, runOpenLoop } from './load.ts'

test('a closed loop sends so many requests, counts answers by status and hands over their bodies', async () => {
  const seen: string[] = []
  const origin = await serve((request, response) => {
    response.statusCode = request.url === '/1' ? 409 : 202
    response.end(request.url)
  })
  const { statuses } = await runLoad({
    origin,
    connections: 4,
    method: 'GET',
    request: (n) => ({ path: `/${n}` }),
    requestsMax: 10,
    onAnswer: (_n, _status, body) => seen.push(body),
  })
  expect([...statuses].toSorted()).toEqual([
    [202, 9],
    [409, 1],
  ])
  expect(seen.toSorted()).toEqual(Array.from({ length: 10 }, (_, n) => `/${n}`))
})

test('a fault is counted, not thrown', async () => {
  const origin = await serve((request) => request.socket.destroy())
  const load = { origin, connections: 2, method: 'GET' as const, request: () => ({ path: '/' }) }
  const { statuses } = await runLoad({ ...load, requestsMax: 3 })
  expect([...statuses]).toEqual([[0, 3]])
})

test('a load without an end is refused', async () => {
  const load = { origin: 'http://127.0.0.1:9', connections: 1, method: 'GET' as const }
  await expect(runLoad({ ...load, request: () => ({ path: '/' }) })).rejects.toThrow(/an end of the load/)
})

test('an open loop goes on when nobody answers, and counts from the intended start', async () => {
  const release = Promise.withResolvers<void>()
  const intended: number[] = []
  await runOpenLoop({ ratePerS: 1_000, durationMs: 20 }, (n, intendedAtMs) => {
    intended.push(intendedAtMs)
    // Nothing ends before the last has begun: a closed loop would wait for ever.
    if (n === 19) release.resolve()
    return release.promise
  })
  expect(intended).toHaveLength(20)
  const gaps = intended.slice(1).map((atMs, index) => atMs - (intended[index] ?? 0))
  for (const gap of gaps) expect(gap).toBeCloseTo(1, 6)
})

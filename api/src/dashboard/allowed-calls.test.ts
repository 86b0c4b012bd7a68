import type { BullBoardRequest, HTTPMethod } from '@bull-board/api/typings/app'
import type { AdminRole } from '@flash-sale/shared/admin-entry.ts'
import { expect, test } from 'vitest'
import { allowedCalls } from './allowed-calls.ts'

const retryAll = '/api/queues/:queueName/retry/:queueStatus'

const isAllowed = async (
  role: AdminRole,
  method: HTTPMethod,
  route: string,
  params = {},
): Promise<boolean> => {
  const request: BullBoardRequest = {
    params,
    queues: new Map(),
    uiConfig: {},
    query: {},
    body: {},
    headers: {},
  }
  return (await allowedCalls(role)({ method, route, request })) === undefined
}

test.each<[HTTPMethod, string, object, viewer: boolean, operator: boolean]>([
  ['get', '/api/queues', {}, true, true],
  ['get', '/api/queues/:queueName/:jobId', {}, true, true],
  ['put', '/api/queues/:queueName/pause', {}, false, true],
  ['put', '/api/queues/:queueName/:jobId/retry', {}, false, true],
  ['put', retryAll, { queueStatus: 'failed' }, false, true],
  ['put', retryAll, { queueStatus: 'completed' }, false, false],
  ['put', '/api/queues/:queueName/:jobId/clean', {}, false, false],
  ['post', '/api/queues/:queueName/pause', {}, false, false],
  // Routes that a new version may bring.
  ['put', '/api/queues/:queueName/purge', {}, false, false],
  ['get', '/api/queues/:queueName/export', {}, false, false],
])('%s %s %j: viewer %s, operator %s', async (method, route, params, viewer, operator) => {
  expect(await isAllowed('viewer', method, route, params)).toBe(viewer)
  expect(await isAllowed('operator', method, route, params)).toBe(operator)
})

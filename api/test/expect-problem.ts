import { expect } from 'vitest'
import type { Answer } from './served-api.ts'

/** Text that would do harm if it were ever pasted into SQL. */
export const sqlText = `'; DROP TABLE products; -- " \\ $1 %s`

/** The answer is a problem (RFC 9457) with this status and code, and says why. */
export const expectProblem = (answer: Answer, status: number, code: string): void => {
  expect({ status: answer.status, code: answer.body?.code }).toEqual({ status, code })
  expect(answer.headers.get('content-type')).toBe('application/problem+json')
  expect(answer.body).toMatchObject({ type: `/problems/${code}`, status, title: expect.any(String) })
  expect(answer.body.detail).not.toBe('')
}

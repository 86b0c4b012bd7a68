import type { FieldProblem } from '@flash-sale/shared/contract/problem.ts'
import type { Response } from 'express'
import { sendProblem } from './problem-answer.ts'

/** Answers 400 for fields that were refused; the first of them is the detail. */
export const sendInvalid = (response: Response, errors: readonly FieldProblem[]): void => {
  const [first] = errors
  const detail = first ? `${first.path ? `${first.path}: ` : ''}${first.message}` : 'the request is not valid'
  sendProblem(response, { code: 'invalid-request', detail, errors })
}

import type { ProblemCode } from '@flash-sale/shared/contract/problem.ts'
import type { Round } from './fault.ts'
import type { Sale } from './sale.ts'
import type { Stack } from './stack.ts'

/** Asks the api for purchases of a product that nobody else buys. */
export interface Probe {
  /** Reports a broken promise unless the api answers 503, with one of these codes, in the time that it promises. */
  expectUnavailable(...codes: ProblemCode[]): Promise<void>
}

/** What the api promises for an answer to `POST /purchases`, whatever its stores do (ARCHITECTURE.md), and a margin. */
const answerMsMax = 2_000 + 500

const codeOf = (body: unknown): unknown =>
  typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined

/** Makes the product; Postgres and the api must be there. */
export const makeProbe = async (stack: Stack, round: Round): Promise<Probe> => {
  const name = `probe-${round.seed}-${Date.now()}`
  const productId = await stack.shop.createProduct({ name, stock: 1_000, demo: true })
  let asked = 0
  return {
    expectUnavailable: async (...codes) => {
      asked += 1
      const startedAt = performance.now()
      const customerId = `${name}-${asked}`
      const { status, body } = await stack.shop.buy({ productId, customerId, quantity: 1 }, customerId)
      const tookMs = Math.round(performance.now() - startedAt)
      round.figure('unavailableAnswerMs', tookMs)
      const code = codeOf(body)
      if (
        status !== 503 ||
        !codes.some((expected) => expected === code) ||
        tookMs > round.patient(answerMsMax)
      )
        round.violation(
          `expected 503 ${codes.join(' or ')} within ${answerMsMax} ms, got ${status} ${code} after ${tookMs} ms`,
        )
    },
  }
}

/** Reports a broken promise unless an outcome that a buyer has seen is shown now as well. */
export const expectStillShown = async (stack: Stack, round: Round, sale: Sale): Promise<void> => {
  const buyer = sale.buyers.find(({ seen }) => seen !== undefined)
  if (buyer?.jobId === undefined) throw new Error('nobody has seen an outcome')
  const { status, body } = await stack.shop.find(buyer.jobId)
  if (status !== 200 || body?.status !== buyer.seen?.status)
    round.violation(`${buyer.jobId} was ${buyer.seen?.status}, is shown as ${status} ${body?.status}`)
}

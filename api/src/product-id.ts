import { productIdSchema } from '@flash-sale/shared/contract/product.ts'
import type { Response } from 'express'
import { sendProblem } from './problem-answer.ts'

/** The product id that a path names; undefined for text that can be no product's id. */
export const productIdOf = (text: string): number | undefined => {
  if (!/^[1-9]\d{0,9}$/.test(text)) return undefined
  return productIdSchema.safeParse(Number(text)).data
}

/** Answers 404 for an id that no product has, whether it is well formed or not. */
export const sendUnknownProduct = (response: Response, id: string | number): void =>
  sendProblem(response, {
    code: 'unknown-product',
    detail: `there is no product ${JSON.stringify(String(id).slice(0, 40))}`,
  })

import type { NewProduct, Product } from '@flash-sale/shared/contract/product.ts'
import type { Verification } from '@flash-sale/shared/contract/verification.ts'
import type { Answer, Call, Client } from './client.ts'
import { CouldNotRun } from './could-not-run.ts'
import { isRecord, problemTextOf } from './problem.ts'

/** What the load test asks of an engine as its admin. Every call throws CouldNotRun when it is refused. */
export interface Admin {
  createProduct(product: Partial<NewProduct> & { name: string; stock: number }): Promise<Product>
  resetProduct(id: number, stock: number): Promise<Product>
  verifyProduct(id: number): Promise<Verification>
}

const isProduct = (body: unknown): body is Product =>
  isRecord(body) && typeof body.id === 'number' && typeof body.stock === 'number'

const verificationCounts = [
  'productId',
  'initialStock',
  'restocked',
  'sold',
  'orders',
  'stock',
  'movements',
  'oversold',
  'duplicates',
  'undersold',
] as const satisfies readonly (keyof Verification)[]

const isVerification = (body: unknown): body is Verification =>
  isRecord(body) &&
  typeof body.ok === 'boolean' &&
  verificationCounts.every((name) => typeof body[name] === 'number')

function bodyOf<T>(answer: Answer, what: string, isExpected: (body: unknown) => body is T): T {
  if (answer.kind === 'fault') throw new CouldNotRun(`${what}: no answer (${answer.reason})`)
  const { status, body } = answer
  if (status === 401 || (status === 403 && isRecord(body) && body.code === 'forbidden'))
    throw new CouldNotRun(
      `${what}: the engine refuses the admin's token`,
      "give an operator's as --admin TOKEN, or as ADMIN_TOKEN",
    )
  if (status >= 300) throw new CouldNotRun(`${what}: ${problemTextOf(status, body)}`)
  if (!isExpected(body)) throw new CouldNotRun(`${what}: the answer (HTTP ${status}) cannot be read`)
  return body
}

/** Speaks to the admin part of an engine, with an operator's token. */
export function createAdmin(client: Client, token: string): Admin {
  const authorization = `Bearer ${token}`
  const ask = (call: Call): Promise<Answer> => client.send({ ...call, headers: { authorization } })

  return {
    createProduct: async (product) =>
      bodyOf(
        await ask({ method: 'POST', path: '/admin/products', body: product }),
        'making a product',
        isProduct,
      ),
    resetProduct: async (id, stock) =>
      bodyOf(
        await ask({ method: 'POST', path: `/admin/products/${id}/reset`, body: { stock } }),
        `resetting product ${id}`,
        isProduct,
      ),
    verifyProduct: async (id) =>
      bodyOf(
        await ask({ method: 'GET', path: `/admin/products/${id}/verify` }),
        `verifying product ${id}`,
        isVerification,
      ),
  }
}

import { parseArgs } from 'node:util'
import { productIdSchema } from './contract/product.ts'

export const usage = `Usage: npm run verify -- [--product ID] [--json]

Checks every invariant of a live engine in its stores, and prints each with its figures. Only reads.

  --product ID   only this product
  --json         prints one JSON object instead
  --help         prints this

The stores are those of DATABASE_URL, REDIS_URL and KEY_PREFIX, also from a file .env; without them, those of the
engine that npm start runs on DATA_DIR (.data).

Exit code: 0 every invariant holds, 3 one is broken, 2 bad usage, 1 the engine could not be verified.
`

export type VerifyOptions =
  | { kind: 'verify'; productId: number | undefined; json: boolean }
  | { kind: 'help' }
  | { kind: 'bad usage'; message: string }

const productIdIn = (raw: string): number | undefined =>
  /^\d{1,10}$/.test(raw) ? productIdSchema.safeParse(Number(raw)).data : undefined

/** Turns command line arguments into options, or says what was expected and what was got. */
export const parseVerifyOptions = (args: string[]): VerifyOptions => {
  const options = {
    product: { type: 'string' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const
  try {
    const { product, json, help } = parseArgs({ args, options }).values
    if (help) return { kind: 'help' }
    if (product === undefined) return { kind: 'verify', productId: undefined, json }
    const productId = productIdIn(product)
    if (productId !== undefined) return { kind: 'verify', productId, json }
    return { kind: 'bad usage', message: `--product: expected the id of a product, got "${product}"` }
  } catch (error) {
    return { kind: 'bad usage', message: error instanceof Error ? error.message : String(error) }
  }
}

import { z } from 'zod'

const countSchema = z.int()

/** The invariants of one product, counted in Postgres: answer of `GET /admin/products/:id/verify`. */
export const verificationSchema = z
  .object({
    productId: countSchema,
    initialStock: countSchema,
    restocked: countSchema.describe('Units added by restocks since the product was made or reset.'),
    sold: countSchema.describe('Units in confirmed purchases.'),
    orders: countSchema,
    stock: countSchema,
    movements: countSchema.describe(
      'Sum of all stock movements; equals `stock` when every change was booked.',
    ),
    oversold: countSchema.describe(
      'Units sold beyond what there was: `max(0, sold - initialStock - restocked)`.',
    ),
    duplicates: countSchema.describe(
      'Orders beyond the first of a purchase, plus confirmed purchases without an order and the reverse.',
    ),
    undersold: countSchema.describe(
      'Purchases refused as sold out although they asked for no more than was left at their turn; without naive ' +
        'purchases also those that asked for no more than is left now, when nothing was added since.',
    ),
    overLimit: countSchema.describe(
      'Customers with more units than the product allows each, and purchases of more than it allows at a time, sold ' +
        'since its limits are what they are.',
    ),
    fencingBreaches: countSchema.describe(
      "Leases that settled before one with a smaller fencing token did, tokens beyond the product's own, and " +
        'purchases that were settled without one on a product where that is not allowed.',
    ),
    ok: z.boolean(),
  })
  .meta({
    description: 'The invariants of one product, counted in Postgres.',
    examples: [
      {
        productId: 1,
        initialStock: 100,
        restocked: 0,
        sold: 100,
        orders: 100,
        stock: 0,
        movements: 0,
        oversold: 0,
        duplicates: 0,
        undersold: 0,
        overLimit: 0,
        fencingBreaches: 0,
        ok: true,
      },
    ],
  })
export type Verification = z.infer<typeof verificationSchema>

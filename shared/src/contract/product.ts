/** The HTTP contract of a product and of what an admin may do with it. */
import { z } from 'zod'

/** Product ids are Postgres integers. */
export const productIdSchema = z.int().min(1).max(2_147_483_647)

/** Units that one purchase may hold, of any product. */
export const quantityMax = 10

const stockSchema = z.int().min(0).max(1_000_000_000)

/** What one unit costs. */
export const priceSchema = z.strictObject({
  amountMinor: z
    .int()
    .min(0)
    .max(1_000_000_000)
    .describe('In the smallest unit of the currency: 79900 is 799.00 EUR, or 79900 JPY.'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .describe('ISO 4217, as in EUR.'),
})
export type Price = z.infer<typeof priceSchema>

/** Whether a product is on sale at the time of the answer, by the clock that decides about purchases: Postgres'. */
export const saleStatuses = ['upcoming', 'open', 'closed'] as const
export type SaleStatus = (typeof saleStatuses)[number]

/** Answer of `GET /products/:id`, of `POST /admin/products` and of whatever changes one. Times are ISO 8601. */
export const productSchema = z
  .object({
    id: productIdSchema,
    name: z.string(),
    stock: z.int().min(0).describe('Units that are left.'),
    initialStock: z.int().min(0).describe('Units there were when the product was made or reset.'),
    price: priceSchema
      .nullable()
      .describe('What one unit costs, to be shown; nothing is charged here. null: none is known.'),
    perCustomerLimit: z
      .int()
      .min(1)
      .nullable()
      .describe('Units one customer may buy in all; null: no limit.'),
    maxPerPurchase: z
      .int()
      .min(1)
      .max(quantityMax)
      .nullable()
      .describe('Units one purchase may hold; null: 10.'),
    opensAt: z.iso.datetime().nullable().describe('When the sale opens; null: it is open.'),
    closesAt: z.iso.datetime().nullable().describe('When the sale closes; null: it does not.'),
    saleStatus: z
      .enum(saleStatuses)
      .describe(
        'Whether it is on sale at the time of the answer, by the clock that decides about purchases.',
      ),
    demo: z
      .boolean()
      .describe('A demo product may be reset, and bought with the naive strategy where that is switched on.'),
    thinkMs: z
      .int()
      .min(0)
      .describe('Simulated payment latency in milliseconds, spent inside the lease; demo products only.'),
    batchMax: z
      .int()
      .min(1)
      .nullable()
      .describe("Purchases per lock for this product; null: the worker's `BATCH_MAX`. Demo products only."),
  })
  .meta({
    description: 'A product as it is sold. Times are ISO 8601 in UTC.',
    examples: [
      {
        id: 1,
        name: 'iPhone 15',
        stock: 63,
        initialStock: 100,
        price: { amountMinor: 79_900, currency: 'EUR' },
        perCustomerLimit: 2,
        maxPerPurchase: null,
        opensAt: '2030-01-31T18:00:00.000Z',
        closesAt: null,
        saleStatus: 'upcoming',
        demo: false,
        thinkMs: 0,
        batchMax: null,
      },
    ],
  })
export type Product = z.infer<typeof productSchema>

const perCustomerLimitSchema = z.int().min(1).max(1_000_000).nullable()
const maxPerPurchaseSchema = z.int().min(1).max(quantityMax).nullable()
const thinkMsSchema = z.int().min(0).max(10_000)
const batchMaxSchema = z.int().min(1).max(5_000).nullable()

const productNameSchema = z
  .string()
  .min(1)
  .max(200)
  .refine((name) => name.isWellFormed() && !/\p{Cc}/u.test(name), 'expected text without control characters')

/** Years that Postgres, JavaScript and ISO 8601 write alike, also after a change of the offset. */
const saleTimeSchema = z.iso
  .datetime({ offset: true })
  .refine(
    (time) => Date.parse(time) >= 0 && Date.parse(time) < Date.UTC(9999, 0),
    'expected a time from 1970 to 9998',
  )

/** Body of `POST /admin/products`. */
export const newProductSchema = z
  .strictObject({
    name: productNameSchema,
    stock: stockSchema,
    price: priceSchema.nullable().default(null),
    perCustomerLimit: perCustomerLimitSchema.default(null),
    maxPerPurchase: maxPerPurchaseSchema.default(null),
    opensAt: saleTimeSchema.nullable().default(null),
    closesAt: saleTimeSchema.nullable().default(null),
    demo: z.boolean().default(false),
    thinkMs: thinkMsSchema.default(0),
    batchMax: batchMaxSchema.default(null),
  })
  .refine(
    (p) => p.opensAt === null || p.closesAt === null || Date.parse(p.opensAt) < Date.parse(p.closesAt),
    {
      path: ['closesAt'],
      message: 'expected a time after opensAt',
    },
  )
  .refine((p) => p.demo || (p.thinkMs === 0 && p.batchMax === null), {
    path: ['demo'],
    message: 'expected true: thinkMs and batchMax are for demo products',
  })
export type NewProduct = z.infer<typeof newProductSchema>

/**
 * Body of `PATCH /admin/products/:id`: what is left out stays. What the fields have to be to each other is checked with
 * what is stored of the others.
 */
export const productChangeSchema = z
  .strictObject({
    name: productNameSchema.optional(),
    price: priceSchema.nullable().optional(),
    perCustomerLimit: perCustomerLimitSchema.optional(),
    maxPerPurchase: maxPerPurchaseSchema.optional(),
    opensAt: saleTimeSchema.nullable().optional(),
    closesAt: saleTimeSchema.nullable().optional(),
    thinkMs: thinkMsSchema.optional(),
    batchMax: batchMaxSchema.optional(),
  })
  .refine((change) => Object.keys(change).length > 0, {
    message: 'expected at least one field to change',
    // Whoever sends a field that there is not is told of that alone.
    when: ({ issues }) => issues.length === 0,
  })
export type ProductChange = z.infer<typeof productChangeSchema>

/** Body of `POST /admin/products/:id/restock`. */
export const restockSchema = z.strictObject({ quantity: z.int().min(1).max(1_000_000_000) })

/** Body of `POST /admin/products/:id/reset`. */
export const resetSchema = z.strictObject({ stock: stockSchema })

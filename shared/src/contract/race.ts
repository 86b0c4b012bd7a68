/** The HTTP contract of a race: naive and locked buyers side by side, where demo strategies are switched on. */
import { z } from 'zod'
import { productIdSchema } from './product.ts'

const raceSideSchema = z.object({
  productId: productIdSchema.describe('The demo product of this side; every race uses the same two.'),
  stock: z.int().min(0).describe('Units that are left, as the stock column says.'),
  sold: z.int().min(0).describe('Units in orders.'),
  refused: z.int().min(0).describe('Purchases with another outcome than `confirmed`.'),
})

/** Answer of `POST /demo/races` and `GET /demo/races/latest`. */
export const raceSchema = z
  .object({
    units: z.int().min(1).describe('Units in stock on each side when the race began.'),
    naive: raceSideSchema,
    locked: raceSideSchema,
  })
  .meta({
    description: 'Two demo products with the same stock: one to be bought naively, one with the lock.',
    examples: [
      {
        units: 100,
        naive: { productId: 2, stock: 86, sold: 200, refused: 0 },
        locked: { productId: 3, stock: 0, sold: 100, refused: 100 },
      },
    ],
  })
export type Race = z.infer<typeof raceSchema>
export type RaceSide = Race['naive']

import { z } from 'zod'
import { product } from './named-schemas.ts'
import type { RouteDescription } from './route-description.ts'

const tag = 'Products'

/** Any text: what is no product's id is answered as an unknown product. */
export const productParams = z.object({
  id: z.string().meta({ description: 'The id of a product.', examples: ['1'] }),
})

const list: RouteDescription = {
  method: 'get',
  path: '/products',
  id: 'listProducts',
  tag,
  summary: 'The newest products, at most a hundred',
  access: 'visitor',
  query: z.object({
    before: z
      .string()
      .regex(/^[1-9]\d{0,9}$/)
      .optional()
      .meta({ description: 'Goes on with the products before this id.', examples: ['101'] }),
  }),
  answers: {
    200: { description: 'Newest first, with their stock of this moment.', schema: z.array(product) },
  },
  problems: ['database-unavailable'],
}

const one: RouteDescription = {
  method: 'get',
  path: '/products/{id}',
  id: 'readProduct',
  tag,
  summary: 'One product',
  access: 'visitor',
  params: productParams,
  answers: { 200: { description: 'With its stock of this moment.', schema: product } },
  problems: ['unknown-product', 'database-unavailable'],
}

export const productRoutes: readonly RouteDescription[] = [list, one]

import { newProduct, product, productChange, reset, restock, verification } from './named-schemas.ts'
import { productParams } from './products-openapi.ts'
import type { RouteDescription } from './route-description.ts'

const tag = 'Admin: products'

const create: RouteDescription = {
  method: 'post',
  path: '/admin/products',
  id: 'createProduct',
  tag,
  summary: 'Make a product',
  access: 'admin',
  body: {
    schema: newProduct,
    examples: {
      plain: { name: 'iPhone 15', stock: 100 },
      rules: { name: 'iPhone 15', stock: 100, perCustomerLimit: 2, opensAt: '2030-01-31T18:00:00Z' },
    },
  },
  answers: { 201: { description: 'The product.', schema: product, headers: ['Location'] } },
  problems: ['database-unavailable'],
}

const changeOne: RouteDescription = {
  method: 'patch',
  path: '/admin/products/{id}',
  id: 'changeProduct',
  tag,
  summary: 'Change a product',
  description: 'What is left out stays. What is settled from then on is judged by it.',
  access: 'admin',
  params: productParams,
  body: {
    schema: productChange,
    examples: {
      limit: { perCustomerLimit: 2 },
      window: { opensAt: '2030-01-31T18:00:00Z', closesAt: '2030-01-31T20:00:00+01:00' },
    },
  },
  answers: { 200: { description: 'The product.', schema: product } },
  problems: ['unknown-product', 'database-unavailable'],
}

const saleMove = (to: 'open' | 'close', summary: string): RouteDescription => ({
  method: 'post',
  path: `/admin/products/{id}/${to}`,
  id: `${to}Product`,
  tag,
  summary,
  description: 'Safe to repeat.',
  access: 'admin',
  params: productParams,
  answers: { 200: { description: 'The product.', schema: product } },
  problems: ['unknown-product', 'database-unavailable'],
})

const restockOne: RouteDescription = {
  method: 'post',
  path: '/admin/products/{id}/restock',
  id: 'restockProduct',
  tag,
  summary: 'Add units to the stock',
  description: 'Sold from then on; purchases that were refused before stay refused.',
  access: 'admin',
  params: productParams,
  body: { schema: restock, examples: { fifty: { quantity: 50 } } },
  answers: { 200: { description: 'The product.', schema: product } },
  problems: ['unknown-product', 'database-unavailable'],
}

const resetOne: RouteDescription = {
  method: 'post',
  path: '/admin/products/{id}/reset',
  id: 'resetProduct',
  tag,
  summary: 'Start a demo product anew',
  description: 'Takes away its purchases and orders. Demo products only.',
  access: 'admin',
  params: productParams,
  body: { schema: reset, examples: { hundred: { stock: 100 } } },
  answers: { 200: { description: 'The product.', schema: product } },
  problems: ['unknown-product', 'not-a-demo-product', 'database-unavailable'],
}

const verifyOne: RouteDescription = {
  method: 'get',
  path: '/admin/products/{id}/verify',
  id: 'verifyProduct',
  tag,
  summary: 'Count the invariants of a product',
  access: 'admin',
  params: productParams,
  answers: { 200: { description: 'What was counted, and whether all is well.', schema: verification } },
  problems: ['unknown-product', 'database-unavailable'],
}

export const adminProductRoutes: readonly RouteDescription[] = [
  create,
  changeOne,
  saleMove('open', 'Open the sale now'),
  saleMove('close', 'Close the sale now'),
  restockOne,
  resetOne,
  verifyOne,
]

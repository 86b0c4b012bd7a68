import type { Verification } from '../contract/verification.ts'
import { counted } from './check.ts'
import type { ProductCounts } from './product-counts.ts'

/** Sums over the products that were checked. */
export interface ProductTotals {
  products: number
  initialStock: number
  restocked: number
  sold: number
  stock: number
  purchases: number
  confirmed: number
  soldOut: number
  orders: number
  leases: number
}

/** One promise that is made of every product. */
export interface ProductRule {
  name: string
  /** Number of the invariant in ARCHITECTURE.md. */
  invariant: number
  /** How badly a product breaks it; 0: not at all. */
  weight(seen: Verification): number
  /** What is wrong with such a product. */
  describe(seen: Verification, counts: ProductCounts): string
  /** What was looked at in all. */
  found(totals: ProductTotals): string
}

export const productRules: readonly ProductRule[] = [
  {
    name: 'stock',
    invariant: 1,
    weight: ({ initialStock, restocked, sold, stock, movements }) =>
      Math.max(Math.abs(initialStock + restocked - sold - stock), Math.abs(movements - stock), -stock),
    describe: ({ initialStock, restocked, sold, stock, movements }) =>
      `${initialStock} initial + ${restocked} restocked − ${sold} sold, but ${stock} in stock and ${movements} booked`,
    found: ({ products, initialStock, restocked, sold, stock }) =>
      `${counted(products, 'product')}: ${initialStock} initial + ${restocked} restocked − ${sold} sold = ${stock} in stock, as booked, none below 0`,
  },
  {
    name: 'orders',
    invariant: 2,
    weight: ({ duplicates }) => duplicates,
    describe: ({ orders }, { confirmed, matched }) =>
      `${counted(Number(confirmed), 'confirmed purchase')}, ${counted(orders, 'order')}, ${matched} pairs that agree`,
    found: ({ confirmed, orders }) =>
      `${counted(confirmed, 'confirmed purchase')}, ${counted(orders, 'order')}: one each, of the same customer, product and quantity`,
  },
  {
    name: 'no undersell',
    invariant: 4,
    weight: ({ undersold }) => undersold,
    describe: ({ undersold }) => `${counted(undersold, 'purchase')} refused although there was enough`,
    found: ({ soldOut }) =>
      `${counted(soldOut, 'purchase')} sold out, each of which asked for more than was left`,
  },
  {
    name: 'customer limits',
    invariant: 4,
    weight: ({ overLimit }) => overLimit,
    describe: (_, { over_limit, over_purchase_limit }) =>
      [
        ...(Number(over_limit) > 0 ? [`${counted(Number(over_limit), 'customer')} above the limit`] : []),
        ...(Number(over_purchase_limit) > 0
          ? [`${counted(Number(over_purchase_limit), 'purchase')} above the limit of one`]
          : []),
      ].join(', '),
    found: () => 'no customer has more units than the product allows, in all and at a time',
  },
  {
    name: 'fencing',
    invariant: 1,
    weight: ({ fencingBreaches }) => fencingBreaches,
    describe: (_, counts) =>
      `${counted(Number(counts.leases_backwards), 'lease')} settled before an older one; largest token used ${counts.token_max}, of the product ${counts.fencing_token}; ${counted(Number(counts.naive), 'purchase')} without a token`,
    found: ({ leases }) => `${counted(leases, 'lease')} settled in the order of their fencing tokens`,
  },
]

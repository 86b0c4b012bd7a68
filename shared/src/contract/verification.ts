/** The invariants of one product, counted in Postgres: answer of `GET /admin/products/:id/verify`. */
export interface Verification {
  productId: number
  initialStock: number
  /** Units added by restocks since the product was made or reset. */
  restocked: number
  /** Units in confirmed purchases. */
  sold: number
  orders: number
  stock: number
  /** Sum of all stock movements; equals `stock` when every change was booked. */
  movements: number
  /** Units sold beyond what there was: `max(0, sold - initialStock - restocked)`. */
  oversold: number
  /** Orders beyond the first of a purchase, plus confirmed purchases without an order and the reverse. */
  duplicates: number
  /**
   * Purchases refused as sold out although they asked for no more than was left at their turn; without naive purchases
   * also those that asked for no more than is left now, when nothing was added since.
   */
  undersold: number
  /**
   * Customers with more units than the product allows each, and purchases of more than it allows at a time, sold since its
   * limits are what they are.
   */
  overLimit: number
  /**
   * Leases that settled before one with a smaller fencing token did, tokens beyond the product's own, and purchases
   * that were settled without one on a product where that is not allowed.
   */
  fencingBreaches: number
  ok: boolean
}

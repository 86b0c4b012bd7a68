/** How a batch is called in every log line: the product and the fencing token, which its rows in Postgres carry, too. */
export const batchIdOf = (productId: number, fencingToken: number): string => `${productId}:${fencingToken}`

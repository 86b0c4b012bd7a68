/** The purchase that is under way, kept in this tab for a reload of the page, and forgotten with its outcome. */

const key = 'flash-sale-pending'

/** `{ jobId, who, token? }`; undefined: forget it. */
export const rememberPending = (pending) => {
  try {
    if (pending) sessionStorage.setItem(key, JSON.stringify(pending))
    else sessionStorage.removeItem(key)
  } catch {
    // Then a reload forgets the purchase; it is settled all the same.
  }
}

export const pendingPurchase = () => {
  try {
    const pending = JSON.parse(sessionStorage.getItem(key))
    return typeof pending?.jobId === 'string' ? pending : undefined
  } catch {
    return undefined
  }
}

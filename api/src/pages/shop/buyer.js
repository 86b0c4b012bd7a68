/** Who buys on this page. */
import { pendingPurchase } from './pending.js'

export const randomText = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  )

/** A guest of this browser, kept for its next visit where the browser allows that. */
const guest = () => {
  const fresh = `guest-${randomText().slice(0, 12)}`
  try {
    const known = localStorage.getItem('flash-sale-customer') ?? fresh
    localStorage.setItem('flash-sale-customer', known)
    return known
  } catch {
    return fresh
  }
}

/** Whose token it is, to tell buyers apart; that it is valid is the api's to say. */
const subjectOf = (token) => {
  try {
    const [, claims] = token.split('.')
    return JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/'))).sub
  } catch {
    return token
  }
}

/** The one that the address came with, which is taken out of it at once; else that of the purchase under way. */
const tokenOfPage = () => {
  const token = new URLSearchParams(location.hash.slice(1)).get('token')
  if (!token) return pendingPurchase()?.token
  history.replaceState(null, '', location.pathname + location.search)
  return token
}

/** A guest where the api takes the buyer's word, else whoever came with `#token=…`; undefined: nobody. */
export const buyerOfPage = () => {
  if (document.body.dataset.customerFrom === 'body') {
    const customerId = guest()
    return {
      who: customerId,
      body: { customerId },
      headers: {},
      says: `You are ${customerId}. Another browser is another buyer.`,
    }
  }
  const token = tokenOfPage()
  if (!token) return undefined
  return {
    who: subjectOf(token),
    token,
    body: {},
    headers: { Authorization: `Bearer ${token}` },
    says: 'You buy as the customer of your token.',
  }
}

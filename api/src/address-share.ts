import type { Response } from 'express'
import { openAddressPlaces } from './address-places.ts'
import { addressOf } from './auth/client-address.ts'
import type { Refusal } from './problem-answer.ts'

/** How much of what this process holds for those who wait one address may have. */
export interface AddressShare {
  /** Takes a place until this response is closed; false when its address has as many as it may. */
  take(response: Response): boolean
}

/** @param placesMax undefined: an address may have all there are. */
export const openAddressShare = (placesMax: number | undefined): AddressShare => {
  if (placesMax === undefined) return { take: () => true }
  const places = openAddressPlaces(placesMax)
  return {
    take: (response) => {
      const giveBack = places.take(addressOf(response.req))
      if (giveBack) response.once('close', giveBack)
      return giveBack !== undefined
    },
  }
}

/** For an event stream too many. */
export const noMoreStreams: Refusal = {
  code: 'rate-limited',
  detail: 'this address has as many event streams open as it may: close one, poll, or come back later',
  retryAfterS: 5,
}

/** Places that are counted by address, as many for each. */
export interface AddressPlaces {
  /** @returns what gives the place back, to be called once; undefined when the address has as many as it may. */
  take(address: string): (() => void) | undefined
}

export const openAddressPlaces = (placesMax: number): AddressPlaces => {
  // Who has none is not kept.
  const taken = new Map<string, number>()
  const giveBack = (address: string): void => {
    const left = (taken.get(address) ?? 1) - 1
    if (left > 0) taken.set(address, left)
    else taken.delete(address)
  }
  return {
    take: (address) => {
      const count = taken.get(address) ?? 0
      if (count >= placesMax) return undefined
      taken.set(address, count + 1)
      return () => giveBack(address)
    },
  }
}

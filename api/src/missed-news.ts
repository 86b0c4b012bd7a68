import { senderOf } from '@flash-sale/shared/outcome-news.ts'

/** Notices by the numbers of messages that one before was lost. */
export interface MissedNews {
  /** @returns whether a message that its sender sent before this one was not heard. Those before its first cannot be known. */
  before(message: string): boolean
  /** Begins anew: what was sent meanwhile was not to be heard. */
  forget(): void
}

/** Workers that started one after the other have different names; no engine has as many at a time. */
const sendersMax = 1_000

export const createMissedNews = (): MissedNews => {
  const sentBy = new Map<string, number>()
  return {
    before: (message) => {
      const from = senderOf(message)
      if (!from) return false
      const heard = sentBy.get(from.sender)
      if (heard === undefined && sentBy.size >= sendersMax) sentBy.clear()
      sentBy.set(from.sender, Math.max(heard ?? 0, from.sent))
      return heard !== undefined && from.sent > heard + 1
    },
    forget: () => sentBy.clear(),
  }
}

/** Figures for people, short and of steady width. */

/** `1,234`. */
export const countText = (count: number): string => Math.round(count).toLocaleString('en')

/** `1 purchase`, `40 purchases`. */
export const countedText = (count: number, noun: string): string =>
  `${countText(count)} ${noun}${Math.round(count) === 1 ? '' : 's'}`

/** A wait that is over: `12 ms`, `1.2 s`. */
export const waitText = (ms: number): string =>
  ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`

/** A time that goes on, as the page's script counts it: `0.4 s`, `2 min 5 s`, `3 h 12 min`. */
export const clockText = (ms: number): string => {
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`
  const minutes = Math.floor(ms / 60_000)
  if (minutes < 60) return `${minutes} min ${Math.floor((ms % 60_000) / 1_000)} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** `4,012` or, where few are, `3.4`. */
export const rateText = (perS: number): string => (perS >= 10 ? countText(perS) : perS.toFixed(1))

/** `18:00:01`, UTC. */
export const timeText = (iso: string): string => iso.slice(11, 19)

/** When something that should beat at a steady pace stood still. Times in ms. */
export interface Stalls {
  readonly watchedMs: number
  /** Of it, in gaps between beats that were longer than 100 ms. */
  readonly stalledMs: number
  readonly longestStallMs: number
}

/** Adds up the time in which an event loop stood still, by the gaps between its beats. */
export interface StallMeter {
  beat(now: number): void
  /** Up to `now`, with the gap that may be under way. */
  read(now: number): Stalls
}

/** On a machine that others use too, shorter gaps are normal. */
const shortestStallMs = 100

/**
 * A meter of beats that come every `beatEveryMs` from `startedAt` on. Percentiles of a loop's delay count beats, of which
 * few fall into a stall: one of 4 s in 30 s is a single late beat of thousands.
 */
export function createStallMeter(startedAt: number, beatEveryMs: number): StallMeter {
  let last = startedAt
  let stalledMs = 0
  let longestStallMs = 0
  const stallSince = (now: number): number => {
    const gap = now - last - beatEveryMs
    return gap > shortestStallMs ? gap : 0
  }
  return {
    beat(now) {
      const stall = stallSince(now)
      stalledMs += stall
      longestStallMs = Math.max(longestStallMs, stall)
      last = now
    },
    read(now) {
      const stall = stallSince(now)
      return {
        watchedMs: now - startedAt,
        stalledMs: stalledMs + stall,
        longestStallMs: Math.max(longestStallMs, stall),
      }
    },
  }
}

/** The two halves of the experiment: users read the calendar straight from the database, or through the cache. */
export type CacheSide = 'without' | 'with'

/**
 * Both come first once and last once, so that what drifts evenly from run to run (the machine's heat, a growing log) does
 * the same to both.
 */
export const sidesInTurn: readonly CacheSide[] = ['without', 'with', 'with', 'without']

/** The shortest and the longest pause between two runs, ms. */
const pauseLimitsMs = [1000, 10_000] as const

/** The pause after a run of `durationMs`, ms: a tenth of it, in which the servers finish what they put off. */
export function pauseAfter(durationMs: number): number {
  const [least, most] = pauseLimitsMs
  return Math.min(most, Math.max(least, durationMs / 10))
}

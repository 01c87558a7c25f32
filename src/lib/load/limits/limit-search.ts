import type { LimitRecord } from '../../record/record.ts'

/** One run at a level: users, or arrivals a second. */
export interface LevelTrial {
  readonly level: number
  /** `not valid`: the generator was the bottleneck, so that it says nothing of the API. */
  readonly outcome: 'held' | 'failed' | 'not valid'
}

/** Where a search begins, and where it ends at the latest; whole numbers from 1. */
export interface SearchBounds {
  readonly first: number
  readonly highest: number
}

/** The highest level that held, and the lowest that did not; null where none is known. */
export type Bracket = Pick<LimitRecord, 'held' | 'failed'>

/** Trials that both ends of the bracket get, and that a level gets which the generator could not make. */
const repeats = 3

/** The bracket is narrow enough when its upper end is so much above the lower. */
const precision = 0.1

/** Far from the limit the level is doubled or halved. */
const stride = 2

/**
 * The level to try next, or null when the search is over: up or down by doubling until something held and something
 * failed, then halfway (geometrically) between them until they are close, then both again, because one run may be
 * lucky. When repeats overturn a verdict, the search goes on from there.
 */
export function nextLevel(trials: readonly LevelTrial[], bounds: SearchBounds): number | null {
  const level = wantedLevel(bracketOf(trials), bounds)
  if (level === null) return null
  const unclear = trials.filter((trial) => trial.level === level && trial.outcome === 'not valid')
  return unclear.length < repeats ? level : null
}

function wantedLevel({ held, failed }: Bracket, { first, highest }: SearchBounds): number | null {
  if (!held && !failed) return Math.min(first, highest)
  if (held && !failed && held.level < highest) return Math.min(held.level * stride, highest)
  if (failed && !held && failed.level > 1) return Math.max(1, Math.floor(failed.level / stride))
  if (held && failed && !isNarrow(held.level, failed.level)) return between(held.level, failed.level)
  return [held, failed].find((boundary) => boundary && boundary.trials < repeats)?.level ?? null
}

function isNarrow(held: number, failed: number): boolean {
  return failed - held <= 1 || failed <= held * (1 + precision)
}

/** Returns the geometric mean, rounded: it lies between whole numbers that are two or more apart. */
function between(held: number, failed: number): number {
  return Math.round(Math.sqrt(held * failed))
}

/**
 * Returns the bracket known so far. A level holds when more than half of its trials did; one that held above a level that
 * failed was luck, and is left out.
 */
export function bracketOf(trials: readonly LevelTrial[]): Bracket {
  const levels = [...Map.groupBy(trials.filter(isClear), ({ level }) => level)]
    .map(([level, same]) => ({ level, held: same.filter(isHeld).length, trials: same.length }))
    .sort((a, b) => a.level - b.level)
  const failed = levels.find((boundary) => boundary.held * 2 <= boundary.trials) ?? null
  const held = levels.findLast((boundary) => failed === null || boundary.level < failed.level) ?? null
  return { held, failed }
}

function isClear({ outcome }: LevelTrial): boolean {
  return outcome !== 'not valid'
}

function isHeld({ outcome }: LevelTrial): boolean {
  return outcome === 'held'
}

import { createRandom, type Random } from '../../src/lib/base/random.ts'

/** Parts of a system that can be hurt. */
export type Part = 'api' | 'database' | 'broker'

/**
 * `stop`: it does nothing for a while (SIGSTOP, or a lock that others need); `kill`: SIGKILL, and started again; `cut`:
 * connections are broken off and none are taken; `throttle`: bytes come slowly.
 */
export type Harm = 'stop' | 'kill' | 'cut' | 'throttle'

/** One thing that goes wrong, as plain data. */
export interface ChaosEvent {
  readonly part: Part
  readonly harm: Harm
  /** From the start of the load, ms. */
  readonly atMs: number
  /** Until it is mended, ms. */
  readonly forMs: number
}

/** Events that the schedules of a system may hold. */
export interface Harms {
  readonly durationMs: number
  /** Parts that are not there are left out. */
  readonly parts: Readonly<Partial<Record<Part, readonly Harm[]>>>
}

const quietBeforeMs = 2000
/** For the system to settle, since an audit is no part of the load. */
const quietAfterMs = 3000
const shortestMs = 300
const longestMs = 2500
/** Between two events that hurt one part. */
const apartMs = 500
/** An API may take so long to start. */
const startMs = 2500
const mostEvents = 6
const fewestEvents = 3

/**
 * Returns what goes wrong in one run, in order of time; the same for the same seed. Events of one part come one after the
 * other, those of several may overlap, and all are over before the run ends.
 */
export function planChaos(seed: string, { durationMs, parts }: Harms): readonly ChaosEvent[] {
  const random = createRandom(seed)
  const names = (Object.keys(parts) as Part[]).filter((part) => (parts[part] ?? []).length > 0)
  if (names.length === 0) return []
  const wanted = random.integer(fewestEvents, mostEvents)
  const events: ChaosEvent[] = []
  // A place that is taken is drawn anew: a crowded run has fewer events.
  for (let tries = 0; tries < 100 && events.length < wanted; tries++) {
    const event = drawEvent(random, names, parts, durationMs)
    if (event && !events.some((other) => collide(other, event))) events.push(event)
  }
  return events.sort((a, b) => a.atMs - b.atMs)
}

function drawEvent(
  random: Random,
  names: readonly Part[],
  parts: Harms['parts'],
  durationMs: number,
): ChaosEvent | null {
  const part = random.pick(names)
  const harm = random.pick(parts[part] ?? [])
  const forMs = random.integer(shortestMs, longestMs)
  const latest = durationMs - quietAfterMs - forMs
  return latest < quietBeforeMs ? null : { part, harm, atMs: random.integer(quietBeforeMs, latest), forMs }
}

/** An API that is killed cannot be started again without what it rests on, which would end the run. */
function collide(a: ChaosEvent, b: ChaosEvent): boolean {
  const isAlone = [a, b].some(({ part, harm }) => part === 'api' && harm === 'kill')
  if (a.part !== b.part && !isAlone) return false
  const gapMs = a.part === b.part ? apartMs : startMs
  return a.atMs < b.atMs + b.forMs + gapMs && b.atMs < a.atMs + a.forMs + gapMs
}

/** Says an event in one word: `kill-database@3.2s:1.1s`. */
export function describeEvent({ part, harm, atMs, forMs }: ChaosEvent): string {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)}s`
  return `${harm}-${part}@${seconds(atMs)}:${seconds(forMs)}`
}

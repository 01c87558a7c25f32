import type { arrivalKinds, Burst, Stage } from '../../base/arrivals.ts'
import type { Random } from '../../base/random.ts'

/** From `atMs` on, counted from the start of the run, there are so many users. */
export interface UserChange {
  readonly atMs: number
  readonly users: number
}

/** Iterations that start at a rate. */
export interface ArrivalSchedule {
  readonly ratePerSecond: number
  readonly arrivals: (typeof arrivalKinds)[number]
  /** In order, none before the end of another. */
  readonly bursts?: readonly Burst[]
  readonly durationMs: number
}

const msPerSecond = 1000

/**
 * The moments at which a user comes or goes, one by one and in order, from no users on. Where the
 * line lies between two whole numbers there are as many users as the upper one says.
 */
export function* userChanges(stages: readonly Stage[]): Generator<UserChange> {
  let users = 0
  let startMs = 0
  for (const { durationMs, users: goal } of stages) {
    const msPerUser = durationMs / Math.abs(goal - users)
    for (let come = 0; users < goal; come++) yield { atMs: startMs + come * msPerUser, users: ++users }
    for (let gone = 1; users > goal; gone++) yield { atMs: startMs + gone * msPerUser, users: --users }
    startMs += durationMs
  }
}

/**
 * When iterations are to start, ms from the start of the run, in order and before its end. Constant arrivals are as
 * many as the rate makes in that time, rounded down, but at least one.
 */
export function* arrivalTimes(schedule: ArrivalSchedule, random: Random): Generator<number> {
  const { bursts = [], durationMs, arrivals } = schedule
  if (arrivals === 'constant') {
    // Counted, since the time of the last one is rounded, and may miss the end of the run.
    const count = constantArrivals(schedule)
    for (let index = 0; index < count; index++) {
      yield hurried((index * msPerSecond) / schedule.ratePerSecond, bursts)
    }
    return
  }
  for (const steadyMs of poissonTimes(schedule, random)) {
    const at = hurried(steadyMs, bursts)
    if (at >= durationMs) return
    yield at
  }
}

/** More than what the products and sums of a schedule are rounded by, as a share; less than a decimal could mean. */
const roundingError = 1e-14

/** Arrivals of the whole run where they are constant, and about as many where they come at random. */
export function constantArrivals({ ratePerSecond, durationMs, bursts = [] }: ArrivalSchedule): number {
  const steadyMs = bursts.reduce((sum, { factor, lengthMs }) => sum + lengthMs * (factor - 1), durationMs)
  return Math.max(1, Math.floor(((ratePerSecond * steadyMs) / msPerSecond) * (1 + roundingError)))
}

/** When iterations that come at random would start if there were no bursts, and no end. */
function* poissonTimes({ ratePerSecond }: ArrivalSchedule, random: Random): Generator<number> {
  const meanGapMs = msPerSecond / ratePerSecond
  // The gaps of a Poisson process are exponentially distributed; 1 - float() is never 0.
  const gapMs = (): number => -Math.log(1 - random.float()) * meanGapMs
  for (let at = gapMs(); ; at += gapMs()) yield at
}

/** A burst lets as many iterations start as the rate does in `factor` times its length: it is that time, gone through faster. */
function hurried(steadyMs: number, bursts: readonly Burst[]): number {
  let savedMs = 0
  for (const { factor, atMs, lengthMs } of bursts) {
    const intoMs = steadyMs - savedMs - atMs
    if (intoMs <= 0) break
    if (intoMs < lengthMs * factor) return atMs + intoMs / factor
    savedMs += lengthMs * (factor - 1)
  }
  return steadyMs - savedMs
}

/** One of several equal shares of a run, each of which has every `of`th user and arrival. */
export interface Shard {
  /** From 0. */
  readonly index: number
  readonly of: number
}

/** How many of the users 0 to `users` - 1 a shard has. */
export function shareOf(users: number, { index, of }: Shard): number {
  return Math.max(0, Math.ceil((users - index) / of))
}

/** The changes that concern one shard's users, who come and go when they would in the whole. */
export function* changesOfShard(changes: Iterable<UserChange>, shard: Shard): Generator<UserChange> {
  let own = 0
  for (const { atMs, users } of changes) {
    const share = shareOf(users, shard)
    if (share === own) continue
    own = share
    yield { atMs, users: own }
  }
}

/** Every `of`th item, from the one at `index` on. */
export function* takeTurns<Item>(items: Iterable<Item>, { index, of }: Shard): Generator<Item> {
  let turn = 0
  for (const item of items) {
    if (turn === index) yield item
    turn = (turn + 1) % of
  }
}

import type { Random } from '../random.ts'

/** Over `durationMs` the number of users goes in a straight line from what it was to `users`. */
export interface Stage {
  readonly durationMs: number
  readonly users: number
}

/** From `atMs` on, counted from the start of the run, there are so many users. */
export interface UserChange {
  readonly atMs: number
  readonly users: number
}

/** Evenly spaced, or at random and independent of each other, as people come (a Poisson process). */
export const arrivalKinds = ['constant', 'poisson'] as const

/** Iterations that start at a rate. */
export interface ArrivalSchedule {
  readonly ratePerSecond: number
  readonly arrivals: (typeof arrivalKinds)[number]
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

/** When iterations are to start, ms from the start of the run, in order and before its end. */
export function* arrivalTimes(schedule: ArrivalSchedule, random: Random): Generator<number> {
  const { arrivals, durationMs } = schedule
  const meanGapMs = msPerSecond / schedule.ratePerSecond
  if (arrivals === 'constant') {
    for (let index = 0; index * meanGapMs < durationMs; index++) yield index * meanGapMs
    return
  }
  // The gaps of a Poisson process are exponentially distributed; 1 - float() is never 0.
  const gapMs = (): number => -Math.log(1 - random.float()) * meanGapMs
  for (let at = gapMs(); at < durationMs; at += gapMs()) yield at
}

/** What became of a schedule. */
export interface Schedule {
  /** Inserts a second that were to begin. */
  readonly asked: number
  /** That came back, a second. */
  readonly reached: number
  /** They began when they were due, but for what single slow ones held up. */
  readonly kept: boolean
}

/** Of the time that the schedule takes. */
const mayTakeLonger = 0.05
const usPerMs = 1000

/**
 * Whether `inserts` at a rate of `asked` a second kept to their schedule, given that they took `elapsedMs`: not more
 * than 5% longer than the schedule, and than the slowest of them (`slowestUs`), which may have been the last.
 */
export function judgeSchedule(asked: number, inserts: number, elapsedMs: number, slowestUs: number): Schedule {
  const plannedMs = (Math.max(0, inserts - 1) * 1000) / asked
  return {
    asked,
    reached: elapsedMs > 0 ? (inserts * 1000) / elapsedMs : 0,
    kept: elapsedMs <= plannedMs * (1 + mayTakeLonger) + slowestUs / usPerMs,
  }
}

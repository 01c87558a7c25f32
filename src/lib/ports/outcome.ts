import type { Outcome, StepAnswer } from './scenario.ts'

/** HTTP statuses by which an API says what became of a booking. */
export interface OutcomeStatuses {
  readonly bookedStatuses: readonly number[]
  /** Rightly refused: sold out, taken. */
  readonly conflictStatuses: readonly number[]
}

/**
 * What became of an attempt to book. Without an answer it is unknown, unless it was never sent; so it is when it was sent
 * twice and refused: perhaps because the first one was carried out.
 */
export function outcomeOf(
  answer: Pick<StepAnswer, 'status' | 'maybeExecuted' | 'reconnected'>,
  { bookedStatuses, conflictStatuses }: OutcomeStatuses,
): Outcome {
  if (bookedStatuses.includes(answer.status)) return 'booked'
  if (conflictStatuses.includes(answer.status)) return answer.reconnected ? 'unknown' : 'conflict'
  return answer.status === 0 && answer.maybeExecuted ? 'unknown' : 'failed'
}

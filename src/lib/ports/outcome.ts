/** The outcome of one attempt to change something. */
export type Outcome = 'booked' | 'conflict' | 'failed' | 'unknown'

/** HTTP statuses by which an API says what became of a booking. */
export interface OutcomeStatuses {
  readonly bookedStatuses: readonly number[]
  /** Rightly refused: sold out, taken. */
  readonly conflictStatuses: readonly number[]
}

/**
 * Returns the outcome of an attempt to book. Without a response it is unknown, unless the request was never sent. So it is
 * when it was sent twice and refused: perhaps because the first one was carried out.
 */
export function outcomeOf(
  response: { readonly status: number; readonly maybeExecuted: boolean; readonly reconnected?: boolean },
  { bookedStatuses, conflictStatuses }: OutcomeStatuses,
): Outcome {
  if (bookedStatuses.includes(response.status)) return 'booked'
  if (conflictStatuses.includes(response.status)) return response.reconnected ? 'unknown' : 'conflict'
  return response.status === 0 && response.maybeExecuted ? 'unknown' : 'failed'
}

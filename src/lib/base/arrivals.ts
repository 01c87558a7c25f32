/** How arrivals are spaced: evenly, or at random and independent of each other, as people come (a Poisson process). */
export const arrivalKinds = ['constant', 'poisson'] as const

/** Over `durationMs` the number of users goes in a straight line to `users`. */
export interface Stage {
  readonly durationMs: number
  readonly users: number
}

/** From `atMs` on, for `lengthMs`, iterations start at `factor` times the rate. */
export interface Burst {
  readonly factor: number
  /** Counted from the start of the run. */
  readonly atMs: number
  readonly lengthMs: number
}

/** Senders of a single request, over and over; autocannon is a second opinion. */
export const engineNames = ['rushbench', 'autocannon'] as const

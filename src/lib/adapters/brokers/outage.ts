/** Tells of an outage once, however often something is tried in it. */
export interface Outage {
  /** It failed again; what it failed with is told when it is another error than the last time. */
  failed(error: Error): void
  /** It worked: the next failure is another outage. */
  over(): void
}

/** Tells `tell`. */
export function watchOutage(tell: (error: Error) => void): Outage {
  let told: string | null = null
  return {
    failed(error) {
      if (error.message !== told) tell(error)
      told = error.message
    },
    over() {
      told = null
    },
  }
}

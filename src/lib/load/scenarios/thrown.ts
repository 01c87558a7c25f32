/**
 * Whether something that a scenario threw is of the given kind. False for what cannot be asked, such as a proxy whose traps
 * throw: that would end the user, or the thread, that only wanted to count it.
 */
export function isThrown<Kind>(thrown: unknown, kind: abstract new (...given: never[]) => Kind): thrown is Kind {
  try {
    return thrown instanceof kind
  } catch {
    return false
  }
}

/** The cause of an error; undefined for what has none, or does not let it be read. */
export function causeOf(thrown: unknown): unknown {
  try {
    return thrown instanceof Error ? thrown.cause : undefined
  } catch {
    return undefined
  }
}

/** Parses a JSON body. */
export type ParseJson = (body: Buffer) => unknown

/** Different bodies that are remembered: the calendars of the moment. */
const remembered = 8

/**
 * Parses equal bodies once: within a second most users get the same 110 kB calendar, which takes
 * 0.6 ms to parse and 0.01 ms to compare. The values are shared, so they are to be read only. Throws
 * SyntaxError.
 */
export function createSharedJson(): ParseJson {
  const recent: { readonly body: Buffer; readonly value: unknown }[] = []
  return (body) => {
    const known = recent.find((entry) => entry.body.equals(body))
    if (known) return known.value
    const value: unknown = JSON.parse(body.toString())
    recent.unshift({ body, value })
    recent.length = Math.min(recent.length, remembered)
    return value
  }
}

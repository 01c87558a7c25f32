/**
 * Thrown for what a scenario hands in and nobody can use; says what was given, and what is allowed. Most such mistakes
 * stand in the scenario's text, and would be made again in every iteration.
 */
export class ScenarioMistake extends TypeError {
  constructor(message: string, options?: ErrorOptions) {
    const { stackTraceLimit } = Error
    // The scenario's line stands below all that was called to find the mistake.
    Error.stackTraceLimit = framesKept
    super(message, options)
    Error.stackTraceLimit = stackTraceLimit
  }
}

const framesKept = 50

/** A mistake in the words that settings have too: what it was, what was given, and what is allowed. */
export function mistaken(what: string, given: unknown, allowed: string): ScenarioMistake {
  return new ScenarioMistake(`${what} cannot be ${shown(given)}. Allowed: ${allowed}`)
}

const longestText = 60

/** A value in a few words, without what is in it where that may be long. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(cut(value))
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'symbol') return 'a symbol'
  if (typeof value !== 'object' || value === null) return String(value)
  if (value instanceof Promise) return 'a Promise (is an "await" missing?)'
  if (Array.isArray(value)) return cut(`the list [${value.map(shownItem).join(', ')}]`)
  const name = (value.constructor as { readonly name?: unknown } | undefined)?.name
  if (typeof name !== 'string' || name === '' || name === 'Object') return 'an object'
  return `${/^[AEIO]/i.test(name) ? 'an' : 'a'} ${name}`
}

/** Lists are shown one level deep. */
function shownItem(item: unknown): string {
  return Array.isArray(item) ? 'a list' : shown(item)
}

function cut(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}...` : text
}

/** Refuses fields of `value` that nobody reads. Throws ScenarioMistake. */
export function refuseOtherFields(value: object, known: ReadonlySet<string>, what: string): void {
  for (const field in value) {
    if (known.has(field)) continue
    throw new ScenarioMistake(`${what} has no field ${JSON.stringify(cut(field))}. Allowed: ${[...known].join(', ')}`)
  }
}

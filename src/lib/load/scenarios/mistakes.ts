import { fileURLToPath } from 'node:url'
import { failure, type RushbenchError } from '../../base/errors/errors.ts'

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

/** Said of a call that needs an API, in a load on a database. */
export const withoutApi = 'this load talks to a database, and has no API: name one with --target'

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

/**
 * Whether something that a scenario threw is of the given kind. False for what cannot be asked, such as a proxy whose traps
 * throw: that would end the user, or the thread, that only wanted to count it.
 */
function isThrown<Kind>(thrown: unknown, kind: abstract new (...given: never[]) => Kind): thrown is Kind {
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

/**
 * Tells mistakes in a scenario's text from those that come of a response: what a step has done rightly before it does
 * wrongly only when the server has answered otherwise, and that is an error of the iteration, like any other.
 */
export interface Mistakes {
  /** Whether it has not been used rightly yet. */
  isNew(use: string): boolean
  /** It has been used rightly. */
  succeeded(use: string): void
  /** Ends the run for a mistake in what is new, once for each. Returns `error`, to be thrown. */
  note(error: unknown, use: string, scenario: string): unknown
}

/** Steps that are remembered: far more than a report tells apart. */
const mostUses = 1000

/** Mistakes of one generator; `onMistake` is told of those for which the run has to be ended. */
export function createMistakes(onMistake: (error: RushbenchError) => void): Mistakes {
  const used = new Set<string>()
  const noted = new WeakSet<Error>()
  const isNew = (use: string): boolean => !used.has(use) && used.size < mostUses
  return {
    isNew,
    succeeded(use) {
      if (isNew(use)) used.add(use)
    },
    note(error, use, scenario) {
      if (!isThrown(error, ScenarioMistake) || noted.has(error)) return error
      noted.add(error)
      if (isNew(use)) {
        onMistake(failure('scenario-wrong', { name: scenario, place: placeOf(error), reason: error.message }, error))
      }
      return error
    },
  }
}

const ownFolder = new URL('../..', import.meta.url)
const ownPaths = [ownFolder.href, fileURLToPath(ownFolder)]

/** A scenario that came over a queue lies in a folder that its author has never heard of. */
const travelled = /^.*\/rushbench-scenario-[^/]+\//

/** The place that a line of a stack ends with, as FILE:LINE:COLUMN, perhaps in brackets; null where it has none. */
function readFrame(line: string): { readonly file: string; readonly number: string } | null {
  const whole = line.endsWith(')') ? line.slice(0, -1) : line
  const inner = whole.slice(Math.max(whole.lastIndexOf('('), whole.lastIndexOf(')')) + 1)
  const [column, number, ...rest] = inner.split(':').toReversed()
  const before = rest.toReversed().join(':')
  const from = before.search(/file:\/\/|\/|[A-Za-z]:\\/)
  if (from < 0 || number === undefined || !isWhole(number) || !isWhole(column)) return null
  return { file: before.slice(from), number }
}

function isWhole(text: string | undefined): boolean {
  return text !== undefined && /^\d+$/.test(text)
}

/** Where the scenario's own code stood when an error was made, as FILE:LINE; null when the error does not say. */
function placeOf({ stack = '' }: Error): string | null {
  const frames = stack.split('\n').flatMap((line) => {
    const frame = readFrame(line)
    return frame === null || ownPaths.some((own) => frame.file.startsWith(own)) ? [] : [frame]
  })
  const found = frames.find(({ file }) => !file.includes('/node_modules/')) ?? frames[0]
  if (!found) return null
  const path = found.file.startsWith('file:') ? fileURLToPath(found.file.split('?', 1)[0] ?? '') : found.file
  return `${path.replace(travelled, '')}:${found.number}`
}

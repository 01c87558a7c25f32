import { fileURLToPath } from 'node:url'
import { failure, type RushbenchError } from '../../base/errors/errors.ts'
import { ScenarioMistake } from './scenario-mistake.ts'
import { isThrown } from './thrown.ts'

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

const ownFolder = new URL('../../', import.meta.url)
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

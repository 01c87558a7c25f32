import { fileURLToPath } from 'node:url'
import { failure, type RushbenchError } from '../errors.ts'
import { ScenarioMistake } from './scenario-mistake.ts'
import { isThrown } from './thrown.ts'

/**
 * Tells mistakes in a scenario's text from those that come of an answer: what a step has done rightly before it does
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

const ownFolder = new URL('../', import.meta.url)
const ownPaths = [ownFolder.href, fileURLToPath(ownFolder)]

/** A scenario that came over a queue lies in a folder that its author has never heard of. */
const travelled = /^.*\/rushbench-scenario-[^/]+\//

/** Where the scenario's own code stood when an error was made, as FILE:LINE; null when the error does not say. */
function placeOf({ stack = '' }: Error): string | null {
  const frames = stack.split('\n').flatMap((line) => {
    const [, file, number] = /((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*?):(\d+):\d+\)?$/.exec(line) ?? []
    return file === undefined || ownPaths.some((own) => file.startsWith(own)) ? [] : [{ file, number }]
  })
  const found = frames.find(({ file }) => !file.includes('/node_modules/')) ?? frames[0]
  if (!found) return null
  const path = found.file.startsWith('file:') ? fileURLToPath(found.file.replace(/\?.*$/, '')) : found.file
  return `${path.replace(travelled, '')}:${found.number}`
}

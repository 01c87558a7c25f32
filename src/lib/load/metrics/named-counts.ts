import { cutTo } from '../../base/cut-text.ts'

/** The name under which something is counted. */
export type KeepName = (name: string) => string

/** Reasons told apart; hostile ones cannot fill the memory. */
const maxReasons = 20
/** Steps told apart: each takes 0.2 MB, and a scenario may well name one after every item of a shop. */
const maxSteps = 100

/** Characters of a name: a report has each in many places. */
const mostOfName = 300

/** Tells the first 20 reasons apart by their first 300 characters, and counts all others as one. */
function keepReasons(): KeepName {
  return keepFirst(maxReasons, 'other')
}

/** Tells the first 100 steps apart by their first 300 characters, and counts all others as one. */
export function keepStepNames(): KeepName {
  return keepFirst(maxSteps, 'other steps')
}

/** Reasons that are counted at most: those that are told apart, and the others. */
export const mostReasons = maxReasons + 1

function keepFirst(most: number, others: string): KeepName {
  const known = new Set<string>()
  return (given) => {
    const name = cutTo(mostOfName, given)
    if (known.has(name)) return name
    if (known.size >= most) return others
    known.add(name)
    return name
  }
}

/** How often each of a bounded number of reasons was given. */
export interface ReasonCounts {
  add(reason: string, times?: number): void
  /** Returns the counts of those that were given. */
  counts(): Readonly<Record<string, number>>
  /** The same, and begins anew. */
  take(): Readonly<Record<string, number>>
}

/** Creates counts of reasons, kept in `numbers`, of which there are `mostReasons`; `onName` gets their names in order. */
export function createReasonCounts(
  numbers: Float64Array = new Float64Array(mostReasons),
  onName: (name: string) => void = () => {},
): ReasonCounts {
  const nameOf = keepReasons()
  const places = new Map<string, number>()

  function placeOf(name: string): number {
    const known = places.get(name)
    if (known !== undefined) return known
    const place = places.size
    places.set(name, place)
    onName(name)
    return place
  }

  const counts = (): Record<string, number> => namedCounts(numbers, [...places.keys()])
  return {
    counts,
    add(reason, times = 1) {
      const place = placeOf(nameOf(reason))
      numbers[place] = (numbers[place] as number) + times
    },
    take() {
      const taken = counts()
      numbers.fill(0)
      return taken
    },
  }
}

/** The numbers that are more than 0, by their names. */
export function namedCounts(numbers: Float64Array, names: readonly string[]): Record<string, number> {
  const counted = names.map((name, place): [string, number] => [name, numbers[place] as number])
  return Object.fromEntries(counted.filter(([, count]) => count > 0))
}

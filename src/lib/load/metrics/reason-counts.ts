import { keepReasons, mostReasons } from './kept-names.ts'

/** How often each of a bounded number of reasons was given. */
export interface ReasonCounts {
  add(reason: string, times?: number): void
  /** Returns the counts of those that were given. */
  counts(): Readonly<Record<string, number>>
  /** The same, and begins anew. */
  take(): Readonly<Record<string, number>>
}

/** Counts of no reasons yet, kept in `numbers`, of which there are `mostReasons`; `onName` is told what each is of, in their order. */
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

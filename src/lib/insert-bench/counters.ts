import type { ServerCounter } from '../ports/database.ts'

/** What a server counted while inserts were timed. */
export interface CounterReading {
  readonly name: string
  readonly unit: string
  readonly kind: ServerCounter['kind']
  /** Per insert for a total; as it was at the end for a level. */
  readonly value: number
}

/** Adds up what a server counts over several stretches of time. */
export interface CounterSum {
  /** One stretch, from `before` to `after`. */
  add(before: readonly ServerCounter[], after: readonly ServerCounter[]): void
  /** Totals divided by `inserts`; levels as they were last. */
  perInsert(inserts: number): CounterReading[]
}

/** An empty sum. A total that fell (the server was restarted or its status was flushed) adds nothing. */
export function createCounterSum(): CounterSum {
  const sums = new Map<string, ServerCounter>()
  return {
    add(before, after) {
      const start = new Map(before.map(({ name, value }) => [name, value]))
      for (const counter of after) {
        const { name, kind, value } = counter
        const grown = Math.max(0, value - (start.get(name) ?? value)) + (sums.get(name)?.value ?? 0)
        sums.set(name, { ...counter, value: kind === 'total' ? grown : value })
      }
    },
    perInsert: (inserts) =>
      [...sums.values()].map((counter) => ({
        ...counter,
        value: counter.kind === 'total' ? counter.value / Math.max(1, inserts) : counter.value,
      })),
  }
}

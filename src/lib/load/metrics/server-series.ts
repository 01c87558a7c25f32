import type { ServerCounter } from '../../ports/database.ts'
import type { ServerActivity } from '../../record/record.ts'

/** The counters of a server at one time. */
export interface TimedCounters {
  /** By the clock, ms. */
  readonly at: number
  readonly counters: readonly ServerCounter[]
}

/** Growth and levels of a server's counters over a run; its memory does not grow with the run. */
export interface ServerSeries {
  /** Takes the next reading: that of so many whole seconds after the start, or null for one that belongs to no second's end. */
  add(second: number | null, reading: TimedCounters): void
  /** The counters of so many seconds. */
  finish(seconds: number): Pick<ServerActivity, 'seconds' | 'counters'>
}

type CounterRecord = ServerActivity['counters'][number]

/** Enough for a chart, and few enough for a report. */
const mostValues = 800

/** Values of one stretch of time by the names of their counters. */
type Values = ReadonlyMap<string, number>

interface Sum {
  readonly counter: ServerCounter
  highest: number | null
  /** Growth of a total; all readings of a level in the time of the run, added up. */
  sum: number
  /** Seconds in which a total grew so; readings of a level in that time. */
  over: number
}

/**
 * An empty series. Stretches last a second at first, and twice as long each time that there are 800 of them. A second whose
 * begin or end was not read has no growth; a total that fell (the server was restarted) has none since the reading before.
 */
export function createServerSeries(): ServerSeries {
  const sums = new Map<string, Sum>()
  let stretches: Values[] = []
  let length = 1
  let waiting: Values[] = []
  let last: { readonly second: number | null; readonly reading: TimedCounters } | null = null

  const isTotal = (name: string): boolean => sums.get(name)?.counter.kind === 'total'

  function push(values: Values): void {
    waiting.push(values)
    if (waiting.length < length) return
    stretches.push(join(waiting, isTotal))
    waiting = []
    if (stretches.length < mostValues) return
    stretches = Array.from({ length: mostValues / 2 }, (_, at) => join(stretches.slice(2 * at, 2 * at + 2), isTotal))
    length *= 2
  }

  /** Up to a second. */
  function pushGaps(second: number): void {
    while (stretches.length * length + waiting.length < second) push(new Map())
  }

  return {
    add(second, reading) {
      const isWholeSecond = second !== null && last?.second === second - 1
      const seconds = last ? (reading.at - last.reading.at) / 1000 : 0
      const before = new Map(last?.reading.counters.map(({ name, value }) => [name, value]))
      const values = new Map<string, number>()
      for (const counter of reading.counters) {
        const { name, value } = counter
        const sum = sums.get(name) ?? { counter, highest: null, sum: 0, over: 0 }
        sums.set(name, sum)
        const growth = value - (before.get(name) ?? NaN)
        const isKnown = counter.kind === 'level' ? second !== null && second > 0 : growth >= 0 && seconds > 0
        if (!isKnown) continue
        const [amount, over] = counter.kind === 'level' ? [value, 1] : [growth, seconds]
        sum.sum += amount
        sum.over += over
        if (counter.kind === 'total' && !isWholeSecond) continue
        values.set(name, amount / over)
        sum.highest = Math.max(sum.highest ?? 0, amount / over)
      }
      last = { second, reading }
      if (second === null || second === 0) return
      pushGaps(second - 1)
      push(values)
    },
    finish(seconds) {
      pushGaps(seconds)
      const all = waiting.length > 0 ? [...stretches, join(waiting, isTotal)] : stretches
      return { seconds: length, counters: [...sums.values()].map((sum) => describe(sum, all)) }
    },
  }
}

/** Rates on average, levels as they were last. */
function join(seconds: readonly Values[], isTotal: (name: string) => boolean): Values {
  const names = new Set(seconds.flatMap((values) => [...values.keys()]))
  return new Map(
    Array.from(names, (name) => {
      const known = seconds.flatMap((values) => values.get(name) ?? [])
      const mean = known.reduce((sum, value) => sum + value, 0) / known.length
      return [name, isTotal(name) ? mean : (known.at(-1) ?? 0)]
    }),
  )
}

function describe({ counter, highest, sum, over }: Sum, stretches: readonly Values[]): CounterRecord {
  const { name, unit, kind } = counter
  const rounded = (value: number | null | undefined) => (value === null || value === undefined ? null : roundTo3(value))
  return {
    name,
    unit,
    kind,
    values: stretches.map((values) => rounded(values.get(name))),
    mean: over > 0 ? roundTo3(sum / over) : null,
    highest: rounded(highest),
    ...(kind === 'total' ? { sum } : {}),
  }
}

/** A report is read by people too. */
function roundTo3(value: number): number {
  return Math.round(value * 1000) / 1000
}

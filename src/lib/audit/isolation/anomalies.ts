import type { AnomalyKind } from '../../record/isolation-record.ts'
import type { RecordedTransaction } from '../../ports/transaction-history.ts'

/** One transaction that has to come before another: ww overwrote it, wr read what it wrote, rw overwrote what it read. */
export interface CycleEdge {
  readonly from: number
  readonly to: number
  readonly dependency: 'ww' | 'wr' | 'rw' | 'rt'
  readonly key: string
  /** A sentence without its full stop. */
  readonly because: string
}

/** An example of an anomaly. Transactions are places in the history. */
export interface Example {
  readonly story: string
  readonly transactions: readonly number[]
  readonly cycle: readonly CycleEdge[]
}

/** A kind of anomaly that was found. */
export interface FoundAnomaly extends Example {
  readonly kind: AnomalyKind
  readonly count: number
  /** The search ended before all were counted. */
  readonly atLeast: boolean
}

/** Counts anomalies by kind, and keeps the smallest example of each. */
export interface AnomalyCounts {
  /** `tell` is called where the example is the smallest so far. */
  add(kind: AnomalyKind, transactions: readonly number[], tell: () => Omit<Example, 'transactions'>): void
  /** Says that there are more than were counted. */
  cut(kind: AnomalyKind): void
  has(...kinds: readonly AnomalyKind[]): boolean
  list(): readonly FoundAnomaly[]
}

/** Creates counts for the transactions of a history. Fewer transactions are smaller; of as many, fewer operations, then shorter lists. */
export function createAnomalyCounts(history: readonly RecordedTransaction[]): AnomalyCounts {
  const found = new Map<AnomalyKind, { count: number; atLeast: boolean; size: number; example: Example }>()

  function sizeOf(transactions: readonly number[]): number {
    let size = transactions.length * 1e9
    for (const place of transactions) {
      for (const operation of history[place]?.operations ?? []) {
        size += 1000 + (operation.kind === 'read-list' ? operation.elements.length : 0)
      }
    }
    return size
  }

  return {
    add: (kind, transactions, tell) => {
      const size = sizeOf(transactions)
      const known = found.get(kind)
      if (!known) {
        found.set(kind, { count: 1, atLeast: false, size, example: { transactions, ...tell() } })
        return
      }
      known.count++
      if (size >= known.size) return
      known.size = size
      known.example = { transactions, ...tell() }
    },
    cut: (kind) => {
      const known = found.get(kind)
      if (known) known.atLeast = true
    },
    has: (...kinds) => kinds.some((kind) => found.has(kind)),
    list: () => [...found].map(([kind, { count, atLeast, example }]) => ({ kind, count, atLeast, ...example })),
  }
}

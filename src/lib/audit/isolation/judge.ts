import {
  anomalyKinds,
  judgedLevels,
  type AnomalyKind,
  type AnomalyRecord,
  type JudgedLevel,
  type IsolationRecord,
} from '../../record/isolation-record.ts'
import { createAnomalyCounts, type FoundAnomaly } from './anomalies.ts'
import { findDependencyCycles } from './cycles.ts'
import { buildGraph } from './dependencies.ts'
import type { TransactionHistory, RecordedTransaction } from '../../ports/transaction-history.ts'
import { operationText } from './operation-text.ts'
import { indexHistory } from './items.ts'
import { observe } from './observe.ts'
import { findRealTimeCycles } from './real-time.ts'
import { findLostUpdates, findNonRepeatableReads } from './updates.ts'
import { orderVersions } from './version-order.ts'
import { createWords, type Words } from './words.ts'

/** Levels that each level contains. */
const contains: Readonly<Record<JudgedLevel, readonly JudgedLevel[]>> = {
  'read-uncommitted': [],
  'read-committed': ['read-uncommitted'],
  'repeatable-read': ['read-committed'],
  'snapshot-isolation': ['read-committed'],
  serializable: ['repeatable-read', 'snapshot-isolation'],
  'strict-serializable': ['serializable'],
}

const aboveCommitted = ['repeatable-read', 'snapshot-isolation'] as const

/**
 * The weakest levels that each kind breaks: Adya's PL-1 forbids G0, PL-2 G1 as well, PL-2.99 G2-item as well; snapshot
 * isolation allows cycles only with two anti-dependencies in a row. What no history of Adya's can have breaks all.
 */
const breaks: Readonly<Record<AnomalyKind, readonly JudgedLevel[]>> = {
  'lost-write': ['read-uncommitted'],
  'unwritten-value': ['read-uncommitted'],
  'duplicate-elements': ['read-uncommitted'],
  internal: ['read-uncommitted'],
  G0: ['read-uncommitted'],
  'incompatible-order': ['read-committed'],
  G1a: ['read-committed'],
  G1b: ['read-committed'],
  G1c: ['read-committed'],
  'non-repeatable-read': aboveCommitted,
  'lost-update': aboveCommitted,
  'G-single': aboveCommitted,
  'G-nonadjacent': aboveCommitted,
  'write-skew': ['repeatable-read'],
  'G2-item': ['repeatable-read'],
  'real-time': ['strict-serializable'],
}

/** Whether a level promises that a kind of anomaly does not happen. */
export function forbids(level: JudgedLevel, kind: AnomalyKind): boolean {
  return breaks[kind].some((broken) => isAtLeast(level, broken))
}

function isAtLeast(level: JudgedLevel, weaker: JudgedLevel): boolean {
  return level === weaker || contains[level].some((contained) => isAtLeast(contained, weaker))
}

/**
 * Judges which levels of isolation a history is consistent with. Builds the graph of dependencies between its committed
 * transactions from what they read (Adya, "Weak Consistency", 1999; Kingsbury and Alvaro, "Elle", VLDB 2020), in time
 * and memory linear in the history. Throws Error for a history from which that cannot be told.
 */
export function judgeHistory(history: TransactionHistory): IsolationRecord {
  const indexed = indexHistory(history)
  orderVersions(indexed)
  const anomalies = createAnomalyCounts(history.transactions)
  const words = createWords(history.transactions)
  const observed = { history: indexed, anomalies, words }
  const observations = observe(observed)
  findLostUpdates(observed, observations)
  findNonRepeatableReads(observed, observations)
  const graph = buildGraph(indexed, observations)
  findDependencyCycles(observed, graph)
  const isSerializable = !anomalies.list().some(({ kind }) => forbids('serializable', kind))
  if (isSerializable) findRealTimeCycles(observed, graph, history.clockErrorUs ?? 0)
  return recordOf(history, anomalies.list(), words)
}

function recordOf(
  { transactions: all, asked, isPartial = false }: TransactionHistory,
  found: readonly FoundAnomaly[],
  words: Words,
): IsolationRecord {
  // The last one is the audit's own.
  const transactions = all.filter(({ isLast = false }) => !isLast)
  const countOf = (outcome: RecordedTransaction['outcome']): number =>
    transactions.reduce((sum, transaction) => sum + (transaction.outcome === outcome ? 1 : 0), 0)
  const levels = judgedLevels.map((level) => {
    const brokenBy = anomalyKinds.filter((kind) => found.some((other) => other.kind === kind) && forbids(level, kind))
    return { level, consistent: brokenBy.length === 0, brokenBy }
  })
  const consistent = levels.filter((level) => level.consistent).map(({ level }) => level)
  const isContained = (level: JudgedLevel): boolean =>
    consistent.some((other) => other !== level && isAtLeast(other, level))
  return {
    ...(asked === undefined ? {} : { asked }),
    committed: countOf('committed'),
    aborted: countOf('aborted'),
    unknown: countOf('unknown'),
    operations: transactions.reduce((sum, { operations }) => sum + operations.length, 0),
    consistentWith: consistent.filter((level) => !isContained(level)),
    levels,
    anomalies: anomalyKinds.flatMap((kind) =>
      found.filter((anomaly) => anomaly.kind === kind).map((anomaly) => describe(anomaly, all, words)),
    ),
    caveats: [
      'That nothing was found says what these transactions saw, and nothing of others: more users, other keys or a failure may show more.',
      'Only reads and writes of single keys were looked at: repeatable read and serializable, which differ in reads of ranges, cannot be told apart.',
      ...(isPartial ? ['Transactions are missing: values that nobody wrote are not taken for anomalies.'] : []),
    ],
  }
}

/** Operations of a transaction that an example shows. */
const shownOperations = 20

function describe(
  { kind, count, atLeast, story, transactions: places, cycle }: FoundAnomaly,
  transactions: readonly RecordedTransaction[],
  words: Words,
): AnomalyRecord {
  return {
    kind,
    count,
    ...(atLeast ? { atLeast } : {}),
    rulesOut: [...breaks[kind]],
    story,
    transactions: [...new Set(places)].flatMap((place) => {
      const { user, outcome, operations } = transactions[place] ?? { operations: [] }
      if (user === undefined || outcome === undefined) return []
      const shown = operations.slice(0, shownOperations).map(operationText)
      const more = operations.length - shown.length
      return [{ id: words.name(place), user, outcome, operations: more > 0 ? [...shown, `and ${more} more`] : shown }]
    }),
    cycle: cycle.map(({ from, to, ...edge }) => ({ from: words.name(from), to: words.name(to), ...edge })),
  }
}

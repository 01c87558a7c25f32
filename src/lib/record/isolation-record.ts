import { z } from 'zod'
import { count, flag, list, object, oneOf, text } from './fields.ts'

/** Levels of isolation from the weakest to the strongest; the two in the middle do not contain each other. */
export const judgedLevels = [
  'read-uncommitted',
  'read-committed',
  'repeatable-read',
  'snapshot-isolation',
  'serializable',
  'strict-serializable',
] as const

/**
 * Kinds of anomalies as Adya and Elle name them: G0 to G2-item are cycles of dependencies; the others are seen in one read,
 * or in what two transactions did to one key.
 */
export const anomalyKinds = [
  'lost-write',
  'unwritten-value',
  'duplicate-elements',
  'internal',
  'incompatible-order',
  'G0',
  'G1a',
  'G1b',
  'G1c',
  'non-repeatable-read',
  'lost-update',
  'G-single',
  'G-nonadjacent',
  'write-skew',
  'G2-item',
  'real-time',
] as const

const Level = oneOf(
  'as Adya defines them; snapshot isolation is that of PostgreSQL under REPEATABLE READ',
  ...judgedLevels,
)

const Participant = object('a transaction of the example', {
  id: text('of the transaction'),
  user: text('whose transaction it is'),
  outcome: oneOf('what its client was told', 'committed', 'aborted', 'unknown'),
  operations: list('what it did, in order, in words', z.string()),
})

const Edge = object('one transaction that has to come before another', {
  from: text('the transaction that comes first'),
  to: text('the transaction that comes later'),
  dependency: oneOf(
    'ww: overwrote it; wr: read what it wrote; rw: overwrote what it read; rt: began after it had ended',
    'ww',
    'wr',
    'rw',
    'rt',
  ),
  key: text('the list or register; empty for rt'),
  because: text('what was seen of it, in words'),
})

const Anomaly = object('one kind of anomaly, by the smallest example found', {
  kind: oneOf('of the anomaly', ...anomalyKinds),
  count: count('how often it was found'),
  atLeast: flag('the search ended before all were counted').exactOptional(),
  rulesOut: list('the weakest levels that it breaks', Level),
  story: text('what happened, in one sentence'),
  transactions: list('that took part in it', Participant),
  cycle: list('dependencies that lead back to where they began; empty where one read shows it', Edge),
})

/** The isolation that a history of transactions shows. */
export const Isolation = object('the isolation that the transactions of the run show', {
  asked: oneOf('the level that the transactions asked for', ...judgedLevels).exactOptional(),
  committed: count('transactions that were acknowledged'),
  aborted: count('transactions that were rolled back'),
  unknown: count('transactions whose commit was not answered'),
  operations: count('reads and writes'),
  consistentWith: list(
    'the strongest levels that the run is consistent with; none where even the weakest is broken',
    Level,
  ),
  levels: list(
    'every level',
    object('a level', {
      level: Level,
      consistent: flag('nothing was found that breaks it'),
      brokenBy: list('kinds of anomalies that break it', z.enum(anomalyKinds)),
    }),
  ),
  anomalies: list('kinds that were found, the gravest first', Anomaly),
  caveats: list('what this does not say', z.string()),
})

/** A level of isolation. */
export type JudgedLevel = (typeof judgedLevels)[number]
/** A kind of anomaly. */
export type AnomalyKind = (typeof anomalyKinds)[number]
export type IsolationRecord = z.infer<typeof Isolation>
/** One kind of anomaly with its example. */
export type AnomalyRecord = z.infer<typeof Anomaly>

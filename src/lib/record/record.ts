import { z } from 'zod'
import { head } from './environment-record.ts'
import { byName, count, flag, list, number, object, oneOf, open, text } from './fields.ts'
import { Isolation } from './isolation-record.ts'
import { Checkpoint, Model, Stream, Sweep } from './insert-bench-record.ts'
import { LimitFound } from './load-model-record.ts'
import { Generator, Load } from './load-record.ts'

/** Left out where nobody could count them: in an API that was not started for the run. */
const retries = byName(
  'what the database made its client do again (in the API, where there was a load), by the reason it gave',
  count('times'),
).exactOptional()

const ledgerFile = (description: string) => text(`${description}, one line a booking`)

const Audit = object('the ledger and the invariants held against the database', {
  acknowledged: count('bookings that the API acknowledged'),
  refused: count('attempts that the API refused, and that the ledger has').exactOptional(),
  lost: count('of these, not in the table'),
  duplicate: count('of these, in the table more than once'),
  oversold: count('slots whose reservations, places and stock do not agree'),
  inconsistent: count('other rows, messages or copies that contradict each other').exactOptional(),
  refusedCommitted: count('bookings that the API refused, yet are in the table').exactOptional(),
  unknownCommitted: count('bookings that were not acknowledged, yet are in the table; no fault'),
  isolation: Isolation.exactOptional(),
  passed: flag('nothing lost, duplicate, oversold, inconsistent or stored though it was refused'),
  violations: list(
    'the first that were found',
    object('one broken promise', {
      kind: text(
        'what was broken: lost, duplicate, oversold, wrong-stock (counted as oversold), inconsistent, refused-committed; unknown-committed is no fault',
      ),
      key: text('the booking or the slot'),
      detail: text('what was expected and what was found'),
    }),
  ),
})

const Threshold = object('a limit that the run had to hold', {
  expression: text('as it was given'),
  metric: text('that is limited'),
  comparator: oneOf('how the metric is held against the limit', '<', '<=', '>', '>='),
  limit: number('ms, share of 1, or plain number'),
  actual: number('what was measured; null without samples').nullable(),
  passed: flag('the limit was held'),
})

const ReportHead = z.object(head)

/** A kind of report: what all begin with, and fields of its own. */
const reportOf = <Kind extends string, T extends z.ZodRawShape>(kind: Kind, properties: T) =>
  open({ ...head, kind: z.literal(kind).describe('what was run'), ...properties }).meta({ title: `${kind} report` })

const LoadReport = reportOf('load', {
  load: Load,
  limit: LimitFound.exactOptional(),
  generator: Generator,
  audit: Audit.nullable().describe('null when the database behind the target is not known, or could not be read'),
  auditFailure: text('why the audit could not be made').exactOptional(),
  ledger: ledgerFile('file of what the API acknowledged').exactOptional(),
  thresholds: list('every limit that was asked for', Threshold),
  retries,
})

const InsertBenchReport = reportOf('insert-bench', {
  checkpoints: list('a row for each table size and order of keys', Checkpoint),
  interrupted: flag('ended before all that was asked for was measured').exactOptional(),
  sweep: Sweep.exactOptional(),
  missing: list('table sizes that were not measured, or not to their end', count('rows')).exactOptional(),
  model: list('a model for each order of keys', Model).exactOptional(),
  stream: Stream.exactOptional(),
  thresholds: list('every limit that was asked for', Threshold).exactOptional(),
  retries,
})

/** The content of the table after a seeding, where it was verified. */
const Verified = object('what the whole table held afterwards, as expected', {
  rows: count('in the table'),
  checksum: text('sum of the hashes of all rows, 64 bits in hexadecimal'),
})

/** The workers of a seeding that was spread over several. */
const SeedWorkers = list(
  "where others stored the rows; a block whose worker was lost before it could say so is nobody's",
  object('one worker', {
    name: text('what it is called'),
    blocks: count('stored'),
    rows: count('stored'),
  }),
)

const SeedReport = reportOf('seed', {
  rows: count('stored'),
  seconds: number('it took, seconds'),
  rowsPerSecond: number('stored, rows per second'),
  maxRssMb: number('memory of rushbench, MB'),
  strategy: text('the bulk strategy'),
  durability: text('what a commit survived on that way'),
  resumedAt: count('rows that an earlier, unfinished run had stored').exactOptional(),
  finishSeconds: number('of the seconds, for indexes and counters that had to wait for the rows').exactOptional(),
  keys: oneOf('order of the keys', 'ascending', 'random', 'spread').exactOptional(),
  order: oneOf("whether a parent's rows follow one another", 'grouped', 'shuffled').exactOptional(),
  indexes: oneOf('whether indexes were made before the rows or after them', 'before', 'after').exactOptional(),
  connections: count('that stored rows at the same time; of each worker, where there were some').exactOptional(),
  workers: SeedWorkers.exactOptional(),
  verified: Verified.exactOptional(),
  recipe: text('what the rows follow from, for a later --verify').exactOptional(),
  passedOver: list('faster ways in that could not be used, and why', z.string()),
  retries,
})

const AuditReport = reportOf('audit', {
  audit: Audit,
  ledgers: list(
    'what was held against the database',
    object('what one load has written down', {
      file: ledgerFile('where it was read'),
      run: text('sets its bookings apart from those of every other load'),
      workload: text('the scenarios that were run'),
      target: text('what was loaded'),
      startedAt: text('when the load began'),
      booked: count('bookings that the API acknowledged'),
      unknown: count('attempts to book without an answer'),
      failed: count('attempts to book that were answered by an error'),
      conflict: count('attempts to book that the API refused, as far as the ledger has them').exactOptional(),
      refusalsCut: flag('there were more refusals than the ledger has').exactOptional(),
      torn: flag('the last line was cut off, because the load was killed; it is left out'),
    }),
  ),
})

/** Every kind of report. Published as `schema/report.v1.schema.json`. */
export const Report = z
  .discriminatedUnion('kind', [LoadReport, InsertBenchReport, SeedReport, AuditReport])
  .meta({ $id: 'urn:rushbench:report:v1', title: 'rushbench report' })

export type LoadReport = z.infer<typeof LoadReport>
export type InsertBenchReport = z.infer<typeof InsertBenchReport>
export type SeedReport = z.infer<typeof SeedReport>
export type AuditReport = z.infer<typeof AuditReport>
/** One saved run. */
export type Report = z.infer<typeof Report>
/** The result of an audit. */
export type AuditResult = z.infer<typeof Audit>
/** Fields that all kinds of reports begin with. */
export type ReportHead = z.infer<typeof ReportHead>
export type Environment = ReportHead['environment']
/** Facts that the database server told of itself. */
export type ServerRecord = NonNullable<ReportHead['server']>
export type LoadRecord = z.infer<typeof Load>
/** Work of the database server during a load. */
export type ServerActivity = NonNullable<LoadRecord['serverActivity']>
/** The model that decided when requests were sent. */
export type LoadModelRecord = NonNullable<LoadRecord['model']>
export type LimitRecord = z.infer<typeof LimitFound>
export type ThresholdRecord = z.infer<typeof Threshold>
export type CheckpointRecord = z.infer<typeof Checkpoint>
export type StreamRecord = z.infer<typeof Stream>
/** How p50 depends on the rows. */
export type CurveRecord = z.infer<typeof Model>

/** Names of the kinds of reports. */
export const reportKinds: readonly string[] = Report.options.map((option) => option.shape.kind.value)

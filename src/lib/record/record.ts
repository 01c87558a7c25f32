import { Type, type Static } from 'typebox'
import {
  byName,
  count,
  distribution,
  flag,
  list,
  ms,
  number,
  object,
  oneOf,
  orNull,
  text,
  textByName,
} from './fields.ts'
import { Connection } from './connection-record.ts'
import { LimitFound } from './limit-record.ts'
import { LoadModel } from './load-model-record.ts'
import { percentiles, Spectrum, Step, TimelineRow } from './load-rows-record.ts'
import { Checkpoint, Model, Stream, Sweep } from './insert-bench-record.ts'
import { health, LoadWorker } from './load-worker-record.ts'
import { reportSchemaName } from './schema-name.ts'
import { SeedWorkers, Verified } from './seed-record.ts'
import { Server } from './server-record.ts'

// File names are made of it, so it must be a time and nothing else.
const utcTime = (description: string) =>
  Type.String({ description, pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$` })

const Environment = object('where the run was made', {
  cpu: text('model of the processor'),
  cores: count('processors that Node sees'),
  memoryMb: number('memory of the machine, MB'),
  os: text('operating system and its version'),
  node: text('version of Node'),
  rushbench: text('version of rushbench'),
  engine: text('database engine; "unknown" for a target whose database is not known'),
  engineVersion: text("the engine's version"),
  durability: textByName('settings that say what a commit survives'),
  connection: Type.Optional(Connection),
})

const common = {
  schema: Type.Literal(reportSchemaName, { description: 'version of this contract' }),
  id: text('unique to this run'),
  startedAt: utcTime('when the run began, ISO 8601, UTC'),
  finishedAt: utcTime('when the run ended, ISO 8601, UTC'),
  environment: Environment,
  server: Server,
  config: byName('every setting as text, passwords hidden', orNull(Type.String())),
  seed: text('seed of every random choice'),
  command: Type.Optional(text('command line that makes such a run again, passwords hidden')),
}

const LoadVerdict = object('whether the figures are those of a load, whatever the generator says of itself', {
  passed: flag('requests were made, not all of them failed, and no more iterations threw than may'),
  reasons: list('why not', Type.String()),
})

const Load = object('what the clients saw', {
  verdict: Type.Optional(LoadVerdict),
  workload: text('the scenarios that were run'),
  target: text('what was loaded'),
  model: Type.Optional(LoadModel),
  users: count('virtual users at the same time, at most'),
  iterations: Type.Optional(count('that began')),
  skipped: Type.Optional(count('iterations of the open model that could not start')),
  full: Type.Optional(flag('iterations were skipped because no more may be in flight')),
  unprepared: Type.Optional(flag('iterations were skipped because no user was prepared yet')),
  seconds: number('length of the run, seconds'),
  requests: count('sent'),
  failures: count('that failed'),
  errors: Type.Optional(count('iterations whose scenario threw')),
  reconnected: Type.Optional(count('sent again, because their kept connections had been closed')),
  droppedTexts: Type.Optional(count('texts over WebSockets that were dropped, because too many waited to be received')),
  afterEnd: Type.Optional(count('requests that ended after the end of the run, in the grace, and are not in rps')),
  lateStartP50: Type.Optional(ms('median of how late requests were sent')),
  rps: number('requests per second: those that ended in the time of the run, over that time'),
  idealRps: number('what the same users, or all arrivals, would have reached, had every answer been instant'),
  interrupted: flag('ended before its time'),
  outcomes: object('attempts to book, by what became of them', {
    booked: count('acknowledged'),
    conflict: count('rightly refused'),
    failed: count('refused by an error'),
    unknown: count('without an answer'),
  }),
  responseTime: object('from the moment the request should have been sent', percentiles),
  serviceTime: object('from the moment the request was sent', percentiles),
  spectrum: Type.Optional(Spectrum),
  steps: list('a row for each kind of request', Step),
  timeline: list('a row for each second', TimelineRow),
  workers: Type.Optional(list('where worker processes made it', LoadWorker)),
  slices: Type.Optional(
    object('response times by stretches of time, for comparisons', {
      seconds: number('length of each, seconds; what came after the last whole second is in the last'),
      responseTimes: list('of each stretch', distribution('response times')),
    }),
  ),
  failureReasons: byName('failures by reason', count('with this reason')),
  errorReasons: Type.Optional(byName('errors by what was thrown, after the scenario', count('with this reason'))),
  faults: Type.Optional(
    list(
      'what was made to go wrong, in order of time',
      object('one fault', {
        kind: oneOf('what was done to which part', 'kill-server', 'drop-connections', 'pause-database'),
        atMs: number('when it began, from the start of the run, ms'),
        lastedMs: number('until the part worked again, ms'),
        detail: text('what was done, or why it failed'),
      }),
    ),
  ),
})

const Generator = object('how the load generator fared; of several threads or workers, the worst', {
  ...health,
  threads: Type.Optional(list('where there are several', object('one thread', health))),
  valid: flag('it was not the bottleneck'),
  reasons: list('why the run is not valid: which thread or worker, and what it lacked', Type.String()),
  advice: Type.Optional(text('what to try where it is not valid')),
})

/** Left out where nobody could count them: in an API that was not started for the run. */
const retries = Type.Optional(
  byName(
    'what the database made its client do again (in the API, where there was a load), by the reason it gave',
    count('times'),
  ),
)

const ledgerFile = (description: string) => text(`${description}, one line a booking`)

const Audit = object('the ledger and the invariants held against the database', {
  acknowledged: count('bookings that the API acknowledged'),
  refused: Type.Optional(count('attempts that the API refused, and that the ledger has')),
  lost: count('of these, not in the table'),
  duplicate: count('of these, in the table more than once'),
  oversold: count('slots whose reservations, places and stock do not agree'),
  inconsistent: Type.Optional(count('other rows, messages or copies that contradict each other')),
  refusedCommitted: Type.Optional(count('bookings that the API refused, yet are in the table')),
  unknownCommitted: count('bookings that were not acknowledged, yet are in the table; no fault'),
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
  actual: orNull(number('what was measured; null without samples')),
  passed: flag('the limit was held'),
})

const LoadReport = Type.Object(
  {
    ...common,
    kind: Type.Literal('load', { description: 'what was run' }),
    load: Load,
    limit: Type.Optional(LimitFound),
    generator: Generator,
    audit: Type.Union([Audit, Type.Null()], {
      description: 'null when the database behind the target is not known, or could not be read',
    }),
    auditFailure: Type.Optional(text('why the audit could not be made')),
    ledger: Type.Optional(ledgerFile('file of what the API acknowledged')),
    thresholds: list('every limit that was asked for', Threshold),
    retries,
  },
  { title: 'load report' },
)

const InsertBenchReport = Type.Object(
  {
    ...common,
    kind: Type.Literal('insert-bench', { description: 'what was run' }),
    checkpoints: list('a row for each table size and order of keys', Checkpoint),
    interrupted: Type.Optional(flag('ended before all that was asked for was measured')),
    sweep: Type.Optional(Sweep),
    missing: Type.Optional(list('table sizes that were not measured, or not to their end', count('rows'))),
    model: Type.Optional(list('a model for each order of keys', Model)),
    stream: Type.Optional(Stream),
    thresholds: Type.Optional(list('every limit that was asked for', Threshold)),
    retries,
  },
  { title: 'insert-bench report' },
)

const SeedReport = Type.Object(
  {
    ...common,
    kind: Type.Literal('seed', { description: 'what was run' }),
    rows: count('stored'),
    seconds: number('it took, seconds'),
    rowsPerSecond: number('stored, rows per second'),
    maxRssMb: number('memory of rushbench, MB'),
    strategy: text('the way in'),
    durability: text('what a commit survived on that way'),
    resumedAt: Type.Optional(count('rows that an earlier, unfinished run had stored')),
    finishSeconds: Type.Optional(number('of the seconds, for indexes and counters that had to wait for the rows')),
    keys: Type.Optional(oneOf('order of the keys', 'ascending', 'random', 'spread')),
    order: Type.Optional(oneOf("whether a parent's rows follow one another", 'grouped', 'shuffled')),
    indexes: Type.Optional(oneOf('whether indexes were made before the rows or after them', 'before', 'after')),
    connections: Type.Optional(count('that stored rows at the same time; of each worker, where there were some')),
    workers: Type.Optional(SeedWorkers),
    verified: Type.Optional(Verified),
    recipe: Type.Optional(text('what the rows follow from, for a later --verify')),
    passedOver: list('faster ways in that could not be used, and why', Type.String()),
    retries,
  },
  { title: 'seed report' },
)

const AuditReport = Type.Object(
  {
    ...common,
    kind: Type.Literal('audit', { description: 'what was run' }),
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
        conflict: Type.Optional(count('attempts to book that the API refused, as far as the ledger has them')),
        refusalsCut: Type.Optional(flag('there were more refusals than the ledger has')),
        torn: flag('the last line was cut off, because the load was killed; it is left out'),
      }),
    ),
  },
  { title: 'audit report' },
)

/** The contract as JSON Schema (draft 2020-12), published as `schema/report.v1.schema.json`. */
export const reportSchema = Type.Union([LoadReport, InsertBenchReport, SeedReport, AuditReport], {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:rushbench:report:v1',
  title: 'rushbench report',
})

export type LoadReport = Static<typeof LoadReport>
export type InsertBenchReport = Static<typeof InsertBenchReport>
export type SeedReport = Static<typeof SeedReport>
export type AuditReport = Static<typeof AuditReport>
/** One saved run. */
export type Report = LoadReport | InsertBenchReport | SeedReport | AuditReport
/** What the ledger and the invariants said. */
export type AuditResult = Static<typeof Audit>
/** What all kinds of reports begin with. */
export type ReportHead = Omit<SeedReport, 'kind' | keyof SeedBody>
type SeedBody = Pick<
  SeedReport,
  | 'rows'
  | 'seconds'
  | 'rowsPerSecond'
  | 'maxRssMb'
  | 'strategy'
  | 'durability'
  | 'passedOver'
  | 'resumedAt'
  | 'keys'
  | 'order'
  | 'indexes'
  | 'connections'
  | 'workers'
  | 'verified'
  | 'recipe'
>

/** The schema of each kind of report, by the name that stands in it. */
export const reportKinds = {
  load: LoadReport,
  'insert-bench': InsertBenchReport,
  seed: SeedReport,
  audit: AuditReport,
} as const

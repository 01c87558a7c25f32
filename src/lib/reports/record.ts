import { Type, type Static, type TProperties, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { failure, reasonOf } from '../errors.ts'

/** The version of the contract; programs that read reports look at it first. */
export const reportSchemaName = 'rushbench.report/v1'

const number = (description: string) => Type.Number({ description })
const count = (description: string) => Type.Integer({ minimum: 0, description })
const text = (description: string) => Type.String({ description })
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])
const object = <T extends TProperties>(description: string, properties: T) => Type.Object(properties, { description })
const ms = (name: string) => orNull(number(`${name}, ms; null without samples`))

const percentiles = {
  p50: ms('50th percentile'),
  p90: ms('90th percentile'),
  p95: ms('95th percentile'),
  p99: ms('99th percentile'),
  p999: ms('99.9th percentile'),
  max: ms('largest value'),
}

const Environment = object('where the run was made', {
  cpu: text('model of the processor'),
  cores: count('processors that Node sees'),
  memoryMb: number('memory of the machine, MB'),
  os: text('operating system and its version'),
  node: text('version of Node'),
  rushbench: text('version of rushbench'),
  engine: text('database engine; "unknown" for a target whose database is not known'),
  engineVersion: text("the engine's version"),
  durability: Type.Record(Type.String(), Type.String(), { description: 'settings that say what a commit survives' }),
})

const common = {
  schema: Type.Literal(reportSchemaName, { description: 'version of this contract' }),
  id: text('unique to this run'),
  startedAt: text('ISO 8601, UTC'),
  finishedAt: text('ISO 8601, UTC'),
  environment: Environment,
  config: Type.Record(Type.String(), orNull(Type.String()), { description: 'every setting as text, passwords hidden' }),
  seed: text('seed of every random choice'),
}

const Step = object('one kind of request', {
  name: text('of the step'),
  requests: count('sent'),
  failures: count('that failed'),
  rps: number('requests per second'),
  meanBytes: number("mean size of the answers' bodies, bytes"),
  responseTime: object('from the moment the request should have been sent', percentiles),
  serviceTime: object('from the moment the request was sent', percentiles),
})

const TimelineRow = object('one second', {
  second: count('from 0'),
  users: count('virtual users at its end'),
  requests: count('that ended in it'),
  failures: count('of these'),
  rps: number('requests per second'),
  p50: percentiles.p50,
  p95: percentiles.p95,
  p99: percentiles.p99,
})

const Load = object('what the clients saw', {
  workload: text('the scenarios that were run'),
  target: text('what was loaded'),
  users: count('virtual users'),
  seconds: number('length of the run'),
  requests: count('sent'),
  failures: count('that failed'),
  rps: number('requests per second'),
  idealRps: number('what the same users would have reached, had every answer been instant'),
  interrupted: Type.Boolean({ description: 'ended before its time' }),
  outcomes: object('attempts to book, by what became of them', {
    booked: count('acknowledged'),
    conflict: count('rightly refused'),
    failed: count('refused by an error'),
    unknown: count('without an answer'),
  }),
  responseTime: object('from the moment the request should have been sent', percentiles),
  serviceTime: object('from the moment the request was sent', percentiles),
  steps: Type.Array(Step),
  timeline: Type.Array(TimelineRow),
  failureReasons: Type.Record(Type.String(), Type.Integer(), { description: 'failures by reason' }),
})

const Generator = object('how the load generator fared', {
  cpuPercent: number('of one core'),
  eventLoopLagP99: number('99th percentile, ms'),
  maxRssMb: number('memory, MB'),
  lateStartP99: ms('99th percentile of how late requests were sent'),
  valid: Type.Boolean({ description: 'it was not the bottleneck' }),
  reasons: Type.Array(Type.String(), { description: 'why the run is not valid' }),
})

const Audit = object('the ledger and the invariants held against the database', {
  acknowledged: count('bookings that the API acknowledged'),
  lost: count('of these, not in the table'),
  duplicate: count('of these, in the table more than once'),
  oversold: count('slots whose reservations, places and stock do not agree'),
  unknownCommitted: count('bookings that were not acknowledged, yet are in the table; no fault'),
  passed: Type.Boolean({ description: 'nothing lost, duplicate or oversold' }),
  violations: Type.Array(
    object('one of the first that were found', { kind: Type.String(), key: Type.String(), detail: Type.String() }),
  ),
})

const Threshold = object('a limit that the run had to hold', {
  expression: text('as it was given'),
  metric: text('that is limited'),
  comparator: text('<, <=, > or >='),
  limit: number('ms, share of 1, or plain number'),
  actual: orNull(number('what was measured; null without samples')),
  passed: Type.Boolean(),
})

const us = (name: string) => number(`${name}, microseconds`)

const Checkpoint = object('single inserts at one table size', {
  rows: count('in the table when the measurement began'),
  inserts: count('timed'),
  p50: us('50th percentile'),
  p95: us('95th percentile'),
  p99: us('99th percentile'),
  max: us('longest'),
  mean: us('mean'),
})

const LoadReport = Type.Object({
  ...common,
  kind: Type.Literal('load'),
  load: Load,
  generator: Generator,
  audit: orNull(Audit),
  thresholds: Type.Array(Threshold),
})

const InsertBenchReport = Type.Object({
  ...common,
  kind: Type.Literal('insert-bench'),
  checkpoints: Type.Array(Checkpoint),
})

const SeedReport = Type.Object({
  ...common,
  kind: Type.Literal('seed'),
  rows: count('stored'),
  seconds: number('it took'),
  rowsPerSecond: number('stored'),
  maxRssMb: number('memory of rushbench, MB'),
  strategy: text('the way in'),
  durability: text('what a commit survived on that way'),
  passedOver: Type.Array(Type.String(), { description: 'faster ways in that could not be used, and why' }),
})

/** The contract as JSON Schema (draft 2020-12), published as `schema/report.v1.schema.json`. */
export const reportSchema = Type.Union([LoadReport, InsertBenchReport, SeedReport], {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:rushbench:report:v1',
  title: 'rushbench report',
})

export type LoadReport = Static<typeof LoadReport>
export type InsertBenchReport = Static<typeof InsertBenchReport>
export type SeedReport = Static<typeof SeedReport>
/** One saved run. */
export type Report = LoadReport | InsertBenchReport | SeedReport
/** What the ledger and the invariants said. */
export type AuditResult = Static<typeof Audit>
/** What all kinds of reports begin with. */
export type ReportHead = Omit<SeedReport, 'kind' | keyof SeedBody>
type SeedBody = Pick<SeedReport, 'rows' | 'seconds' | 'rowsPerSecond' | 'maxRssMb' | 'strategy' | 'durability' | 'passedOver'>

const kinds = { load: LoadReport, 'insert-bench': InsertBenchReport, seed: SeedReport } as const

/** Reads a report from `content`, which came from `file`. Throws `report-unreadable` with the first reason. */
export function parseReport(content: string, file: string): Report {
  const refuse = (reason: string, cause?: unknown) => failure('report-unreadable', { file, reason }, cause)
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch (error) {
    throw refuse(`it is not whole JSON (${reasonOf(error)})`, error)
  }
  const { schema, kind } = (value ?? {}) as { schema?: unknown; kind?: unknown }
  if (schema !== reportSchemaName) {
    throw refuse(`its schema is ${JSON.stringify(schema) ?? 'missing'}, and this version reads ${reportSchemaName}`)
  }
  const known = typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind as keyof typeof kinds] : null
  if (!known) throw refuse(`its kind is ${JSON.stringify(kind) ?? 'missing'}, not one of ${Object.keys(kinds).join(', ')}`)
  const validator = Compile(known)
  if (!validator.Check(value)) {
    const [first] = validator.Errors(value)
    throw refuse(`${first?.instancePath.replaceAll('/', '.').slice(1) || 'it'} ${first?.message ?? 'does not fit'}`)
  }
  return value
}

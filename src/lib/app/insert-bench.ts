import type { RunConfig } from '../config/resolve.ts'
import type { Settings } from '../config/settings.ts'
import { requireTables } from '../adapters/databases/migrate.ts'
import { readFacts } from '../adapters/databases/server-facts.ts'
import { addRetries } from '../adapters/databases/retry.ts'
import { failure, reasonOf } from '../base/errors/errors.ts'
import { formatCount } from '../base/format.ts'
import { preciseClock } from '../base/measure/clock.ts'
import { quietV8, type QuietV8 } from '../base/v8.ts'
import type { Checkpoint } from '../insert-bench/measure.ts'
import { modelCurves, type Model } from '../insert-bench/model.ts'
import { insertsAt, runInsertBench, sweepTo, type BenchOptions } from '../insert-bench/run.ts'
import { checkInsertThreshold, parseInsertThreshold } from '../insert-bench/insert-thresholds.ts'
import { runStream, type Stream } from '../insert-bench/stream.ts'
import type { BenchTable } from '../insert-bench/table.ts'
import type { Database } from '../ports/database.ts'
import type { InsertBenchReport } from '../record/record.ts'
import { documentOf } from '../render/render.ts'
import { terminalText } from '../render/terminal/terminal.ts'
import { readJournal, refuseUnfinished, takeOverJournal } from '../seeding/journal.ts'
import { finishSeeding, seedRows } from '../seeding/seed.ts'
import { createBenchTable, originalInsertBench } from '../workloads/vaccination/bench-table.ts'
import { vaccination } from '../workloads/vaccination/index.ts'
import { keysAreClustered } from '../workloads/vaccination/keys.ts'
import { reservationSeeding } from '../workloads/vaccination/seeding.ts'
import { describeRun } from './describe-run.ts'
import {
  createSweepFile,
  findUnfinishedSweep,
  unfinishedSweep,
  wholeCheckpoints,
  type Sweep,
  type SweepFile,
  type SweepState,
  type UnfinishedSweep,
} from './insert-sweep.ts'
import { openDatabase, type RunContext } from './run-context.ts'
import { requirePlaces, saveAndPrint } from './save-run.ts'
import { reservationJournal } from '../seeding/reservation-journal.ts'

/** Options of a benchmark that are no settings. */
export interface InsertBenchRequest {
  /** Measure every insert on the way to the size, instead of some at each size. */
  readonly stream: boolean
  /** Go on with the latest unfinished sweep. */
  readonly resume: boolean
  /** Show figures of the program that the workload is modelled on. */
  readonly besideOriginal: boolean
  /** Width of the terminal; undefined where there is none. */
  readonly columns: number | undefined
}

/** Fields that a run adds to the head of its report. */
interface Measured {
  readonly checkpoints: Checkpoint[]
  readonly interrupted: boolean
  readonly sweep?: Sweep
  readonly missing?: number[]
  readonly model?: Model[]
  readonly stream?: Stream
}

/** Plan of a benchmark, from the settings or from the report of an unfinished sweep. */
type Plan = Pick<BenchOptions, 'at' | 'keys' | 'inserts' | 'warmup' | 'concurrency' | 'rate'>

/** A benchmark under way. */
interface Bench {
  readonly context: RunContext
  readonly values: Settings
  readonly plan: Plan
  readonly quiet: QuietV8
  readonly seed: string
  readonly resumed: UnfinishedSweep | null
  readonly file: SweepFile
  readonly reportOf: (measured: Measured) => Promise<InsertBenchReport>
}

/** Times inserts as the table grows. Saves the report as sizes are done, and prints it. */
export async function benchInserts(
  context: RunContext,
  config: RunConfig,
  { stream, resume, besideOriginal, columns }: InsertBenchRequest,
): Promise<InsertBenchReport> {
  const { values } = config
  const { signal } = context
  refuseContradictions(values, stream)
  const thresholds = (values.threshold ?? []).map(parseInsertThreshold)
  await requirePlaces(values.reports)
  const resumed = resume ? await findUnfinishedSweep(values.reports, config.settings.db.shown) : null
  const plan = resumed ? { ...resumed.report.sweep, at: [] } : planOf(values)
  const startedAt = new Date()
  // One connection more than inserts use reads the server's counters meanwhile.
  await using database = await openDatabase(context, values.db, plan.concurrency + 1)
  await prepareTable(context, database, plan, resumed !== null)
  const file = createSweepFile(values.reports, resumed?.file ?? null)
  let identity = resumed ? identityOf(resumed.report) : null
  const reportOf = async (measured: Measured) => {
    const server = await readFacts(database, vaccination.tables)
    const facts = { startedAt, config, engine: database.engine, server, version: context.version }
    const head = describeRun('insert-bench', facts)
    identity ??= identityOf(head)
    return {
      ...head,
      ...identity,
      ...measured,
      thresholds: thresholds.map((threshold) => checkInsertThreshold(threshold, measured)),
      retries: addRetries([resumed?.report.retries ?? {}, database.retries()]),
    }
  }
  const bench = {
    context,
    values,
    plan,
    quiet: quietV8(),
    seed: identity?.seed ?? values.seed,
    resumed,
    file,
    reportOf,
  }
  const table = createTable(bench, database)
  const measured =
    stream && values.benchRows !== undefined
      ? await measureStream(bench, table, values.benchRows)
      : await measureSweep(bench, table)
  if (signal.aborted && measured.checkpoints.length === 0 && !measured.stream)
    throw failure('interrupted', { done: 'Nothing was measured yet, so no report was saved.' })
  const report = await reportOf(measured)
  const document = documentOf(report, besideOriginal ? originalInsertBench : null)
  const summary = terminalText(document, context.paint, columns)
  const save = (): Promise<string> => file.save(report)
  await saveAndPrint(report, { ...values, save }, { log: context.log, summary })
  return report
}

function planOf({ at = [], benchKeys, inserts, warmup, concurrency, insertRate }: Settings): Plan {
  return { at, keys: benchKeys, inserts, warmup: warmup ?? null, concurrency, rate: insertRate ?? null }
}

/** Returns what stays the same of a report each time that it is saved, also by a resumed sweep. */
function identityOf({ id, startedAt, config, seed, command }: InsertBenchHead) {
  return { id, startedAt, config, seed, ...(command === undefined ? {} : { command }) }
}

type InsertBenchHead = Pick<InsertBenchReport, 'id' | 'startedAt' | 'config' | 'seed' | 'command'>

/** Throws where the table or its engine cannot be measured as planned; warns where that would mislead. */
async function prepareTable(context: RunContext, database: Database, plan: Plan, isResumed: boolean): Promise<void> {
  if (plan.concurrency > 1 && !database.traits.concurrentWriters)
    throw wrong(`${database.engine.name} takes one writer at a time: leave out --concurrency.`)
  await requireTables(database, vaccination.name, vaccination.tables, vaccination.migrations)
  // An unfinished seeding that a killed sweep left behind belongs to it.
  if (isResumed) await finishJournal(database)
  else await refuseUnfinished(database, reservationJournal)
  if (plan.keys.includes('random') && (await keysAreClustered(database)))
    context.warn(
      'Most rows in the table have ascending keys: random ones fall beside them, not among them, and look faster than they are. Start over with "rushbench migrate --down", or seed with "insert-reservations --keys spread".',
    )
}

/** Keeps what an unfinished seeding or unsettled inserts have stored, and makes the stock true for it. */
async function finishJournal(database: Database): Promise<void> {
  if ((await readJournal(database, reservationJournal)) === null) return
  const { recipe } = await takeOverJournal(database, reservationJournal, [reservationSeeding.layout.table])
  await finishSeeding(database, reservationSeeding, recipe)
}

function optionsOf({ context, plan, quiet }: Bench): BenchOptions {
  return {
    ...plan,
    clock: preciseClock,
    signal: context.signal,
    settle: () => quiet.collect(),
    show: context.progress.track,
  }
}

/** Saves what was measured up to an error, and throws `stream-unfinished`. */
async function measureStream(bench: Bench, table: BenchTable, rows: number): Promise<Measured> {
  const { context, file, reportOf } = bench
  const options = optionsOf(bench)
  const keys = options.keys[0] ?? 'ascending'
  const measured: Stream[] = []
  const onBucket = (stream: Stream): void => void (measured[0] = stream)
  const measuredOf = (stream?: Stream): Measured => ({
    checkpoints: [],
    interrupted: true,
    ...(stream && { stream }),
  })
  try {
    const streamed = await runStream(table, { ...options, rows, keys, onBucket })
    return { ...measuredOf(streamed ?? undefined), interrupted: context.signal.aborted }
  } catch (error) {
    const [stream] = measured
    if (!stream) throw error
    const path = await file.save(await reportOf(measuredOf(stream)))
    const reached = stream.buckets.at(-1)?.toRows ?? 0
    throw failure('stream-unfinished', { reason: reasonOf(error), path, rows: reached }, error)
  }
}

/** Saves what was measured after each size, so that a sweep that ends early can be resumed. */
async function measureSweep(bench: Bench, table: BenchTable): Promise<Measured> {
  const { values, plan, seed, resumed, file, reportOf } = bench
  const options = optionsOf(bench)
  const present = await table.count()
  const wanted = values.benchRows === undefined ? plan.at : sweepTo(values.benchRows, present, insertsAt(options))
  // The size that was cut short has more rows by now.
  const left = resumed ? [...new Set((resumed.report.missing ?? []).map((rows) => Math.max(rows, present)))] : wanted
  const at = left.length > 0 ? left : [present]
  const before = resumed ? wholeCheckpoints(resumed.report) : []
  const { keys, at: _at, ...planned } = plan
  const sweep: Sweep = resumed?.report.sweep ?? {
    sizes: [...at],
    keys: [...keys],
    ...planned,
    forecast: values.forecast ?? null,
  }
  const forecast = values.forecast ?? sweep.forecast ?? undefined
  let state: SweepState = { checkpoints: before, missing: at }
  const measuredOf = ({ checkpoints, missing }: SweepState): Measured => ({
    checkpoints: [...checkpoints],
    model: modelCurves(checkpoints, { seed, forecast }),
    sweep,
    missing: [...missing],
    interrupted: missing.length > 0,
  })
  try {
    await runInsertBench(table, {
      ...options,
      at,
      onSize: async (checkpoints, missing) => {
        state = { checkpoints: [...before, ...checkpoints], missing }
        if (missing.length > 0) await file.save(await reportOf(measuredOf(state)))
      },
    })
  } catch (error) {
    throw unfinishedSweep(error, file, state, sweep.sizes.length)
  }
  return measuredOf(state)
}

function createTable({ context, plan, quiet, seed }: Bench, database: Database): BenchTable {
  // Beside rows with ascending keys, random ones would all land in a part of the table that only they are in.
  const keys = plan.keys.includes('random') ? 'spread' : 'ascending'
  return createBenchTable({
    database,
    choices: { seed, keys, order: 'grouped', indexes: 'before' },
    seedRows: async (recipe, rows) => {
      const { interrupted } = await quiet.unhindered(() =>
        context.progress.track(`Seeding to ${formatCount(rows)}`, 'rows', (onProgress) =>
          seedRows(database, reservationSeeding, recipe, { connections: 1, onProgress, signal: context.signal }),
        ),
      )
      if (interrupted) await finishSeeding(database, reservationSeeding, recipe)
    },
  })
}

function refuseContradictions({ at, benchRows, benchKeys, forecast }: Settings, stream: boolean): void {
  if (at && benchRows !== undefined) throw wrong('Name the table sizes with --at or the largest with --rows, not both.')
  if (!stream) return
  if (benchRows === undefined) throw wrong('--stream needs --rows: the table size to end at.')
  if (benchKeys.length > 1)
    throw wrong('--stream fills the table with keys of one order: run it once for each, from an empty table.')
  if (forecast !== undefined) throw wrong('--forecast needs table sizes (--at or --rows), and --stream has none.')
}

function wrong(reason: string): Error {
  return failure('usage-wrong', { reason })
}

import { Flags } from '@oclif/core'
import { BaseCommand, settingFlags } from '../lib/cli/base-command.ts'
import { besideOriginalFlag } from '../lib/cli/beside-original.ts'
import type { Settings } from '../lib/config/settings.ts'
import { requireTables } from '../lib/adapters/databases/migrate.ts'
import type { Database } from '../lib/ports/database.ts'
import { readFacts } from '../lib/adapters/databases/server-facts.ts'
import { failure, reasonOf } from '../lib/base/errors/errors.ts'
import type { Checkpoint } from '../lib/insert-bench/measure.ts'
import { modelCurves, type Model } from '../lib/insert-bench/model.ts'
import { insertsAt, runInsertBench, sweepTo, type BenchOptions } from '../lib/insert-bench/run.ts'
import { checkInsertThreshold, parseInsertThreshold } from '../lib/insert-bench/thresholds.ts'
import { runStream, type Stream } from '../lib/insert-bench/stream.ts'
import type { BenchTable } from '../lib/insert-bench/table.ts'
import { preciseClock } from '../lib/base/measure/clock.ts'
import { describeRun } from '../lib/app/describe-run.ts'
import { formatCount } from '../lib/base/format.ts'
import { insertBenchSummary } from '../lib/render/terminal/insert-bench-text.ts'
import type { InsertBenchReport } from '../lib/record/record.ts'
import { readJournal, refuseUnfinished, takeOverJournal } from '../lib/seeding/journal.ts'
import { finishSeeding, seedRows } from '../lib/seeding/seed.ts'
import { createBenchTable, originalInsertBench } from '../lib/workloads/vaccination/bench-table.ts'
import { vaccination } from '../lib/workloads/vaccination/index.ts'
import { keysAreClustered } from '../lib/workloads/vaccination/keys.ts'
import { reservationSeeding } from '../lib/workloads/vaccination/seeding.ts'
import {
  createSweepFile,
  findUnfinishedSweep,
  unfinishedSweep,
  wholeCheckpoints,
  type Sweep,
  type SweepFile,
  type SweepState,
  type UnfinishedSweep,
} from '../lib/app/insert-sweep.ts'
import { quietV8, type QuietV8 } from '../lib/base/quiet-v8.ts'
import { addRetries } from '../lib/adapters/databases/retry.ts'
import { requirePlaces, saveAndPrint } from '../lib/app/save-run.ts'

/** What a run adds to the head of its report. */
interface Measured {
  readonly checkpoints: Checkpoint[]
  readonly interrupted: boolean
  readonly sweep?: Sweep
  readonly missing?: number[]
  readonly model?: Model[]
  readonly stream?: Stream
}

/** What is to be measured, as the settings or a report say. */
type Asked = Pick<BenchOptions, 'at' | 'keys' | 'inserts' | 'warmup' | 'concurrency' | 'rate'>

function askedFor({ at = [], benchKeys, inserts, warmup, concurrency, insertRate }: Settings): Asked {
  return { at, keys: benchKeys, inserts, warmup: warmup ?? null, concurrency, rate: insertRate ?? null }
}

function sweepOf({ keys, inserts, warmup, concurrency, rate }: Sweep): Asked {
  return { at: [], keys, inserts, warmup, concurrency, rate }
}

/** What a sweep is run with besides. */
interface SweepRun {
  readonly quiet: QuietV8
  readonly values: Settings
  readonly seed: string
  readonly resumed: UnfinishedSweep | null
  readonly file: SweepFile
  readonly reportOf: (measured: Measured) => Promise<InsertBenchReport>
}

/** What stays the same of a report that is saved again and again, also by those who go on with it. */
function identityOf({ id, startedAt, config, seed, command }: InsertBenchHead) {
  return { id, startedAt, config, seed, ...(command === undefined ? {} : { command }) }
}

type InsertBenchHead = Pick<InsertBenchReport, 'id' | 'startedAt' | 'config' | 'seed' | 'command'>

/** Flags that say what is to be measured, which `--resume` knows. */
const planFlags = ['at', 'rows', 'keys', 'inserts', 'warmup', 'concurrency', 'rate', 'seed', 'stream']

export default class InsertReservationBench extends BaseCommand {
  static override summary = 'Time single inserts, each committed by itself, as the table grows.'
  static override description = `Each insert is committed on its own and timed on its own; the warm-up is not counted. With --at or
--rows the table is seeded up to each size first, and a model says whether p50 is flat, goes with the
logarithm of the rows or has a knee. With --stream every insert on the way to --rows is one of them, and
stalls are listed. Several --keys are measured in turns, so that noise hits them alike.

Every size, or stretch of a stream, must hold each --threshold: response_time and service_time with p50, p95, p99
and max, rps (inserts a second), and inserts.

The report is saved after each size. A sweep that failed or was ended is gone on with by --resume. Exit code: 3 a threshold was not met.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --at 0,1m,2m,5m,10m --inserts 1000 --keys append,random --forecast 50m',
    '<%= config.bin %> <%= command.id %> --rows 10m --db mysql://user:password@127.0.0.1/test',
    '<%= config.bin %> <%= command.id %> --db mysql://user:password@127.0.0.1/test --concurrency 8 --rate 500/s',
    '<%= config.bin %> <%= command.id %> --stream --rows 1m --keys random',
    "<%= config.bin %> <%= command.id %> --inserts 1000 --threshold 'response_time.p99<10ms' --threshold 'rps>=200'",
  ]
  static override flags = {
    ...settingFlags(
      'db',
      'at',
      'benchRows',
      'benchKeys',
      'inserts',
      'warmup',
      'concurrency',
      'insertRate',
      'forecast',
      'threshold',
      'seed',
      'reports',
      'report',
    ),
    ...besideOriginalFlag,
    stream: Flags.boolean({ summary: 'insert every row on the way to --rows one by one, and measure each' }),
    resume: Flags.boolean({
      summary: 'go on with the latest sweep in --reports that was ended early, into the same report',
      exclusive: planFlags,
    }),
  }

  async run(): Promise<InsertBenchReport> {
    const { flags } = await this.parse(InsertReservationBench)
    const config = await this.resolveSettings(flags)
    const { values } = config
    refuseContradictions(values, flags.stream)
    const thresholds = (values.threshold ?? []).map(parseInsertThreshold)
    await requirePlaces(values.reports)
    const shown = config.settings.find(({ name }) => name === 'db')?.shown ?? null
    const resumed = flags.resume ? await findUnfinishedSweep(values.reports, shown) : null
    const asked = resumed ? sweepOf(resumed.report.sweep) : askedFor(values)
    const startedAt = new Date()
    // One more than inserts: the counters are asked for meanwhile.
    await using database = await this.openDatabase(values.db, asked.concurrency + 1)
    if (asked.concurrency > 1 && !database.traits.concurrentWriters)
      throw wrong(`${database.engine.name} takes one writer at a time: leave out --concurrency.`)
    await requireTables(database, vaccination.name, vaccination.tables)
    // What a killed sweep has left behind is its own.
    if (resumed) await giveUpUnfinished(database)
    else await refuseUnfinished(database)
    if (asked.keys.includes('random') && (await keysAreClustered(database)))
      this.warn(
        'Most rows in the table have ascending keys: random ones fall beside them, not among them, and look faster than they are. Start over with "rushbench migrate --down", or seed with "insert-reservations --keys spread".',
      )
    const file = createSweepFile(values.reports, resumed?.file ?? null)
    let identity = resumed ? identityOf(resumed.report) : null
    const reportOf = async (measured: Measured) => {
      const server = await readFacts(database, vaccination.tables)
      const facts = { startedAt, config, engine: database.engine, server, version: this.config.version }
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
    const seed = identity?.seed ?? values.seed
    const quiet = quietV8()
    const table = this.#table(database, seed, asked, quiet)
    const measured =
      flags.stream && values.benchRows !== undefined
        ? await this.#stream(table, this.#options(asked, quiet), { rows: values.benchRows, file, reportOf })
        : await this.#sweep(table, asked, { quiet, values, seed, resumed, file, reportOf })
    if (this.signal.aborted && measured.checkpoints.length === 0 && !measured.stream)
      throw failure('interrupted', { done: 'Nothing was measured yet, so no report was saved.' })
    const report = await reportOf(measured)
    const original = flags['beside-original'] ? originalInsertBench : null
    const summary = insertBenchSummary(report, original, process.stdout.columns)
    const save = (): Promise<string> => file.save(report)
    await saveAndPrint(report, { ...values, save }, { log: (text) => this.log(text), summary })
    if (this.signal.aborted) this.endWith('interrupted')
    else if (report.thresholds.some(({ passed }) => !passed)) this.endWith('thresholdNotMet')
    return report
  }

  #options(asked: Asked, quiet: QuietV8): BenchOptions {
    return {
      ...asked,
      clock: preciseClock,
      signal: this.signal,
      settle: () => quiet.collect(),
      show: (title, unit, step) => this.withProgress(title, unit, step),
    }
  }

  /** Saves what was measured until an error ended it. */
  async #stream(
    table: BenchTable,
    options: BenchOptions,
    { rows, file, reportOf }: Pick<SweepRun, 'file' | 'reportOf'> & { readonly rows: number },
  ): Promise<Measured> {
    const keys = options.keys[0] ?? 'append'
    const measured: Stream[] = []
    const onBucket = (stream: Stream): void => void (measured[0] = stream)
    const measuredOf = (stream?: Stream): Measured => ({
      checkpoints: [],
      interrupted: true,
      ...(stream && { stream }),
    })
    try {
      const streamed = await runStream(table, { ...options, rows, keys, onBucket })
      return { ...measuredOf(streamed ?? undefined), interrupted: this.signal.aborted }
    } catch (error) {
      const [stream] = measured
      if (!stream) throw error
      const path = await file.save(await reportOf(measuredOf(stream)))
      const reached = stream.buckets.at(-1)?.toRows ?? 0
      throw failure('stream-unfinished', { reason: reasonOf(error), path, rows: reached }, error)
    }
  }

  /** Saves what was measured after each size, for whatever ends the sweep before it is over. */
  async #sweep(table: BenchTable, asked: Asked, run: SweepRun): Promise<Measured> {
    const { quiet, values, seed, resumed, file, reportOf } = run
    const options = this.#options(asked, quiet)
    const present = await table.count()
    const wanted = values.benchRows === undefined ? asked.at : sweepTo(values.benchRows, present, insertsAt(options))
    // The size that was cut short has more rows by now.
    const left = resumed ? [...new Set((resumed.report.missing ?? []).map((rows) => Math.max(rows, present)))] : wanted
    const at = left.length > 0 ? left : [present]
    const before = resumed ? wholeCheckpoints(resumed.report) : []
    const sweep: Sweep = resumed?.report.sweep ?? {
      sizes: [...at],
      keys: [...asked.keys],
      inserts: asked.inserts,
      warmup: asked.warmup,
      concurrency: asked.concurrency,
      rate: asked.rate,
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

  #table(database: Database, seed: string, asked: Asked, quiet: QuietV8): BenchTable {
    // Beside rows with ascending keys, random ones would all land in a part of the table that only they are in.
    const keys = asked.keys.includes('random') ? 'spread' : 'ascending'
    return createBenchTable({
      database,
      choices: { seed, keys, order: 'grouped', indexes: 'before' },
      seedRows: async (recipe, rows) => {
        const { interrupted } = await quiet.unhindered(() =>
          this.withProgress(`Seeding to ${formatCount(rows)}`, 'rows', (onProgress) =>
            seedRows(database, reservationSeeding, recipe, { connections: 1, onProgress, signal: this.signal }),
          ),
        )
        if (interrupted) await finishSeeding(database, reservationSeeding, recipe)
      },
    })
  }
}

/** Keeps what an unfinished seeding or unsettled inserts have stored, and makes the stock true for it. */
async function giveUpUnfinished(database: Database): Promise<void> {
  if ((await readJournal(database)) === null) return
  const { recipe } = await takeOverJournal(database, reservationSeeding.layout.table)
  await finishSeeding(database, reservationSeeding, recipe)
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

import { Flags } from '@oclif/core'
import { BaseCommand, settingFlags } from '../base-command.ts'
import { besideOriginalFlag } from '../beside-original.ts'
import type { Settings } from '../lib/config/settings.ts'
import { requireTables } from '../lib/databases/migrate.ts'
import type { Database } from '../lib/databases/port.ts'
import { readFacts } from '../lib/databases/read-facts.ts'
import { connectDatabase } from '../lib/databases/registry.ts'
import { failure } from '../lib/errors.ts'
import type { Checkpoint } from '../lib/insert-bench/measure.ts'
import { modelCurves, type Model } from '../lib/insert-bench/model.ts'
import { insertsAt, runInsertBench, sweepTo, type BenchOptions } from '../lib/insert-bench/run.ts'
import { checkInsertThreshold, parseInsertThreshold } from '../lib/insert-bench/thresholds.ts'
import { runStream, type Stream } from '../lib/insert-bench/stream.ts'
import type { BenchTable } from '../lib/insert-bench/table.ts'
import { preciseClock } from '../lib/measure/clock.ts'
import { describeRun } from '../lib/reports/environment.ts'
import { formatCount } from '../lib/reports/format.ts'
import { insertBenchSummary } from '../lib/reports/insert-bench-text.ts'
import type { InsertBenchReport } from '../lib/reports/record.ts'
import { refuseUnfinished } from '../lib/seeding/journal.ts'
import { finishSeeding, seedRows } from '../lib/seeding/seed.ts'
import { createBenchTable, originalInsertBench } from '../lib/workloads/vaccination/bench-table.ts'
import { vaccination } from '../lib/workloads/vaccination/index.ts'
import { keysAreClustered } from '../lib/workloads/vaccination/keys.ts'
import { reservationSeeding } from '../lib/workloads/vaccination/seeding.ts'
import { requirePlaces, saveAndPrint } from '../save-run.ts'

/** What a run adds to the head of its report. */
interface Measured {
  readonly checkpoints: Checkpoint[]
  readonly model?: Model[]
  readonly stream?: Stream
}

export default class InsertReservationBench extends BaseCommand {
  static override summary = 'Time single inserts, each committed by itself, as the table grows.'
  static override description = `Each insert is committed on its own and timed on its own; the warm-up is not counted. With --at or
--rows the table is seeded up to each size first, and a model says whether p50 is flat, goes with the
logarithm of the rows or has a knee. With --stream every insert on the way to --rows is one of them, and
stalls are listed. Several --keys are measured in turns, so that noise hits them alike.

Every size, or stretch of a stream, must hold each --threshold: response_time and service_time with p50, p95, p99
and max, rps (inserts a second), and inserts. Exit code: 3 a threshold was not met.`
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
  }

  async run(): Promise<InsertBenchReport> {
    const { flags } = await this.parse(InsertReservationBench)
    const config = await this.resolveSettings(flags)
    const { values } = config
    refuseContradictions(values, flags.stream)
    const thresholds = (values.threshold ?? []).map(parseInsertThreshold)
    await requirePlaces(values.reports)
    const startedAt = new Date()
    // One more than inserts: the counters are asked for meanwhile.
    await using database = await connectDatabase(values.db, { poolSize: values.concurrency + 1 })
    if (values.concurrency > 1 && !database.traits.concurrentWriters)
      throw wrong(`${database.engine.name} takes one writer at a time: leave out --concurrency.`)
    await requireTables(database, vaccination.name, vaccination.tables)
    await refuseUnfinished(database)
    if (values.benchKeys.includes('random') && (await keysAreClustered(database)))
      this.warn(
        'Most rows in the table have ascending keys: random ones fall beside them, not among them, and look faster than they are. Start over with "rushbench migrate --down", or seed with "insert-reservations --keys spread".',
      )
    const measured = await this.#measure(this.#table(database, values), values, flags.stream)
    if (this.signal.aborted && measured.checkpoints.length === 0 && !measured.stream)
      throw failure('interrupted', { done: 'Nothing was measured yet, so no report was saved.' })
    const server = await readFacts(database, vaccination.tables)
    const facts = { startedAt, config, engine: database.engine, server, version: this.config.version }
    const retries = database.retries()
    const report = {
      ...describeRun('insert-bench', facts),
      ...measured,
      thresholds: thresholds.map((threshold) => checkInsertThreshold(threshold, measured)),
      retries,
      interrupted: this.signal.aborted,
    }
    const original = flags['beside-original'] ? originalInsertBench : null
    const summary = insertBenchSummary(report, original, process.stdout.columns)
    await saveAndPrint(report, values, { log: (text) => this.log(text), summary })
    if (this.signal.aborted) this.endWith('interrupted')
    else if (report.thresholds.some(({ passed }) => !passed)) this.endWith('thresholdNotMet')
    return report
  }

  async #measure(table: BenchTable, values: Settings, stream: boolean): Promise<Measured> {
    const options: BenchOptions = {
      at: values.at ?? [],
      keys: values.benchKeys,
      inserts: values.inserts,
      warmup: values.warmup ?? null,
      concurrency: values.concurrency,
      rate: values.insertRate ?? null,
      clock: preciseClock,
      signal: this.signal,
      show: (title, unit, step) => this.withProgress(title, unit, step),
    }
    const { benchRows: rows, benchKeys, seed, forecast } = values
    if (stream && rows !== undefined) {
      const streamed = await runStream(table, { ...options, rows, keys: benchKeys[0] ?? 'append' })
      return { checkpoints: [], ...(streamed ? { stream: streamed } : {}) }
    }
    const at = rows === undefined ? options.at : sweepTo(rows, await table.count(), insertsAt(options))
    const checkpoints = await runInsertBench(table, { ...options, at })
    return { checkpoints, model: modelCurves(checkpoints, { seed, forecast }) }
  }

  #table(database: Database, { seed, benchKeys }: Settings): BenchTable {
    // Beside rows with ascending keys, random ones would all land in a part of the table that only they are in.
    const keys = benchKeys.includes('random') ? 'spread' : 'ascending'
    return createBenchTable({
      database,
      choices: { seed, keys, order: 'grouped', indexes: 'before' },
      seedRows: async (recipe, rows) => {
        const { interrupted } = await this.withProgress(`Seeding to ${formatCount(rows)}`, 'rows', (onProgress) =>
          seedRows(database, reservationSeeding, recipe, { connections: 1, onProgress, signal: this.signal }),
        )
        if (interrupted) await finishSeeding(database, reservationSeeding, recipe)
      },
    })
  }
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

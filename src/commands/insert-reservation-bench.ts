import { BaseCommand, settingFlags } from '../base-command.ts'
import type { Settings } from '../lib/config/settings.ts'
import { requireTables } from '../lib/databases/migrate.ts'
import type { Database } from '../lib/databases/port.ts'
import { adapterFor } from '../lib/databases/registry.ts'
import { failure } from '../lib/errors.ts'
import { insertsAt, runInsertBench, sweepTo, type BenchOptions } from '../lib/insert-bench/run.ts'
import { preciseClock } from '../lib/measure/clock.ts'
import { describeRun } from '../lib/reports/environment.ts'
import type { InsertBenchReport } from '../lib/reports/record.ts'
import { saveReport } from '../lib/reports/store.ts'
import { insertBenchSummary } from '../lib/reports/insert-bench-text.ts'
import { seedRows } from '../lib/seeding/seed.ts'
import { createBenchTable } from '../lib/workloads/vaccination/bench-table.ts'
import { vaccination } from '../lib/workloads/vaccination/index.ts'

export default class InsertReservationBench extends BaseCommand {
  static override summary = 'Time single durable inserts as the table grows.'
  static override description = `Each insert is committed on its own and timed on its own; the warm-up is not counted. With --at or
--rows, the table is seeded up to each size first.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --at 0,1m,2m --inserts 1000 --keys append,random',
    '<%= config.bin %> <%= command.id %> --rows 10m --db mysql://user:password@127.0.0.1/test --concurrency 8 --rate 500/s',
  ]
  static override flags = settingFlags(
    'db',
    'at',
    'benchRows',
    'benchKeys',
    'inserts',
    'warmup',
    'concurrency',
    'insertRate',
    'seed',
    'reports',
  )

  async run(): Promise<InsertBenchReport> {
    const { flags } = await this.parse(InsertReservationBench)
    const config = await this.resolveSettings(flags)
    const { values } = config
    if (values.at && values.benchRows !== undefined)
      throw failure('usage-wrong', { reason: 'Name the table sizes with --at or the largest with --rows, not both.' })
    const adapter = await adapterFor(values.db)
    if (values.concurrency > 1 && !adapter.traits.concurrentWriters)
      throw failure('usage-wrong', {
        reason: `${adapter.name} lets one writer in at a time: measure it with --concurrency 1, or a server with --db.`,
      })
    const startedAt = new Date()
    // One more than inserts: the counters are asked for meanwhile.
    await using database = await adapter.connect(values.db, { poolSize: values.concurrency + 1 })
    await requireTables(database, vaccination.name, vaccination.tables)
    const checkpoints = await this.#measure(database, values)
    if (this.signal.aborted && checkpoints.length === 0)
      throw failure('interrupted', { done: 'Nothing was measured yet, so no report was saved.' })
    const facts = { startedAt, config, engine: database.engine, version: this.config.version }
    const report: InsertBenchReport = {
      ...describeRun('insert-bench', facts),
      checkpoints,
      interrupted: this.signal.aborted,
    }
    const path = await saveReport(report, values.reports)
    this.log(insertBenchSummary(report, vaccination.originals.insertBench))
    this.log(`report ${path}`)
    if (this.signal.aborted) this.endWith('interrupted')
    return report
  }

  async #measure(database: Database, values: Settings): Promise<InsertBenchReport['checkpoints']> {
    const table = createBenchTable({
      database,
      seed: values.seed,
      seedRows: (plan, rows) =>
        this.withProgress(`Seeding to ${rows}`, 'rows', (onProgress) =>
          seedRows(database, plan, onProgress, this.signal),
        ),
    })
    const options: BenchOptions = {
      at: values.at ?? [],
      keys: values.benchKeys,
      inserts: values.inserts,
      warmup: values.warmup,
      concurrency: values.concurrency,
      rate: values.insertRate ?? null,
      clock: preciseClock,
      signal: this.signal,
      show: (title, unit, step) => this.withProgress(title, unit, step),
    }
    if (values.benchRows === undefined) return runInsertBench(table, options)
    const at = sweepTo(values.benchRows, await table.count(), insertsAt(options))
    return runInsertBench(table, { ...options, at })
  }
}

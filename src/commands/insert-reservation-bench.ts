import { BaseCommand, settingFlags } from '../base-command.ts'
import type { Database } from '../lib/databases/port.ts'
import { requireTables } from '../lib/databases/migrate.ts'
import { connectDatabase } from '../lib/databases/registry.ts'
import { failure } from '../lib/errors.ts'
import { runInsertBench, type BenchTable } from '../lib/insert-bench/run.ts'
import { describeRun } from '../lib/reports/environment.ts'
import type { InsertBenchReport } from '../lib/reports/record.ts'
import { saveReport } from '../lib/reports/store.ts'
import { insertBenchSummary } from '../lib/reports/text.ts'
import { refuseUnfinished } from '../lib/seeding/journal.ts'
import { seedRows } from '../lib/seeding/seed.ts'
import { vaccination } from '../lib/workloads/vaccination/index.ts'
import { createReservationSource, planReservations, reservationSeeding } from '../lib/workloads/vaccination/seeding.ts'
import { reservations } from '../lib/workloads/vaccination/tables.ts'

/** How the table is seeded up to the sizes that are measured. */
const choices = { keys: 'ascending', order: 'grouped', indexes: 'before' } as const

export default class InsertReservationBench extends BaseCommand {
  static override summary = 'Time single durable inserts, at the size the table has or at several sizes.'
  static override description = `Each insert is committed on its own and timed on its own; the warm-up is not counted. With --at, the
table is seeded up to each size first.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --at 0,1m,2m --inserts 1000',
    '<%= config.bin %> <%= command.id %> --db mysql://user:password@127.0.0.1/test --json',
  ]
  static override flags = settingFlags('db', 'inserts', 'warmup', 'at', 'seed', 'reports')

  async run(): Promise<InsertBenchReport> {
    const { flags } = await this.parse(InsertReservationBench)
    const config = await this.resolveSettings(flags)
    const { values } = config
    const startedAt = new Date()
    await using database = await connectDatabase(values.db, { poolSize: 1 })
    await requireTables(database, vaccination.name, vaccination.tables)
    await refuseUnfinished(database)
    const checkpoints = await runInsertBench(this.#table(database, values.seed), {
      at: values.at ?? [],
      inserts: values.inserts,
      warmup: values.warmup,
      signal: this.signal,
    })
    if (this.signal.aborted)
      throw failure('interrupted', { done: `${checkpoints.length} table sizes were measured; no report was saved.` })
    const run = describeRun('insert-bench', {
      startedAt,
      config,
      engine: database.engine,
      version: this.config.version,
    })
    const report: InsertBenchReport = { ...run, checkpoints }
    const path = await saveReport(report, values.reports)
    this.log(insertBenchSummary(report, vaccination.originals.insertBench))
    this.log(`report ${path}`)
    return report
  }

  #table(database: Database, seed: string): BenchTable {
    return {
      count: () => database.store.count(reservations),
      seedTo: async (rows) => {
        const missing = rows - (await database.store.count(reservations))
        if (missing <= 0) return
        const recipe = await planReservations(database, { rows: missing }, { ...choices, seed })
        await this.withProgress(`Seeding to ${rows}`, 'rows', (onProgress) =>
          seedRows(database, reservationSeeding, recipe, { connections: 1, onProgress, signal: this.signal }),
        )
      },
      open: async (inserts) => {
        const source = await createReservationSource(database, inserts, seed)
        const inserter = await database.openInserter(reservations)
        return {
          insert: () => inserter.insert(source.next()),
          close: async () => {
            await inserter.close()
            await source.settle()
          },
        }
      },
    }
  }
}

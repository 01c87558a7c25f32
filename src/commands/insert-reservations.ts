import { BaseCommand, settingFlags } from '../base-command.ts'
import { requireTables } from '../lib/databases/migrate.ts'
import { connectDatabase } from '../lib/databases/registry.ts'
import { failure } from '../lib/errors.ts'
import { describeRun } from '../lib/reports/environment.ts'
import { formatCount } from '../lib/reports/format.ts'
import type { SeedReport } from '../lib/reports/record.ts'
import { saveReport } from '../lib/reports/store.ts'
import { seedSummary } from '../lib/reports/text.ts'
import { seedRows } from '../lib/seeding/seed.ts'
import { vaccination } from '../lib/workloads/vaccination/index.ts'
import { planReservations } from '../lib/workloads/vaccination/seeding.ts'

export default class InsertReservations extends BaseCommand {
  static override summary = "Seed reservations in bulk, by the engine's fastest way in."
  static override description = `Spread evenly over the slots; each slot's stock stays true. Blocks of 50,000 rows are committed one by
one: Ctrl-C keeps whole blocks and says how many. The same seed gives the same rows.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --number 20',
    '<%= config.bin %> <%= command.id %> --rows 10m --db mysql://user:password@127.0.0.1/test',
  ]
  static override flags = settingFlags('db', 'number', 'rows', 'seed', 'reports')

  async run(): Promise<SeedReport> {
    const { flags } = await this.parse(InsertReservations)
    const config = await this.resolveSettings(flags)
    const { values } = config
    const startedAt = new Date()
    await using database = await connectDatabase(values.db, { poolSize: 1 })
    await requireTables(database, vaccination.name, vaccination.tables)
    const amount = values.rows === undefined ? { perSlot: values.number } : { rows: values.rows }
    const plan = await planReservations(database, amount, values.seed)
    const { interrupted, ...seed } = await this.withProgress('Reservations', 'rows', (onProgress) =>
      seedRows(database, plan, onProgress, this.signal),
    )
    for (const reason of seed.passedOver) this.warn(`not used: ${reason}`)
    if (interrupted)
      throw failure('interrupted', { done: `${formatCount(seed.rows)} rows are stored, and stock is true for them.` })
    const report: SeedReport = {
      ...describeRun('seed', { startedAt, config, engine: database.engine, version: this.config.version }),
      ...seed,
      passedOver: [...seed.passedOver],
    }
    const path = await saveReport(report, values.reports)
    this.log(seedSummary(report))
    this.log(`report ${path}`)
    return report
  }
}

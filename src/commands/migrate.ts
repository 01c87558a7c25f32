import { Flags } from '@oclif/core'
import { migrateTables, type Migration } from '../lib/app/migrate.ts'
import { BaseCommand } from '../lib/cli/base-command.ts'
import { settingFlags, tableFlags } from '../lib/cli/flags.ts'

export default class Migrate extends BaseCommand {
  static override summary = 'Create the tables, or bring them up to date (or drop them with --down).'
  static override description = `Is safe to run twice. Tables that rushbench did not create are never touched: each of its own carries a mark. On an \
engine that cannot roll back CREATE TABLE (MySQL, MariaDB), a failed run drops what it made. What an engine does not \
support (docs/distributed-databases.md) is named.

--fill adds the rows that users begin with: slots, days, orders, accounts with their posts; what is there stays as it \
is. Their numbers are settings (RUSHBENCH_ORDERS, RUSHBENCH_CAPACITY, ...). An API that "start" serves and "load \
--target" loads needs them. Tables of database workloads are filled in blocks: a filling that was cut off goes on, and \
--status says by which settings tables are filled (docs/database-load.md).

Tables have versions: numbered steps, applied in order, each recorded with a checksum in rushbench_migrations. Tables of \
0.1.0, which recorded nothing, count as step 1. --dry-run prints what would be sent, --to stops at a step. A step that \
fails leaves those before it applied. Of two migrations at once, one waits for the other.

--status lists the steps, checks the tables themselves (columns, keys, indexes, references) against what migrate makes, and says how \
they differ. Indexes, partitions and columns of yours that refuse no row are allowed, and named (docs/databases.md). \
Exit codes: 3 a table is missing, not ours, of another version, or differs, or a step is not applied; 1 the catalog could not be read.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --fill --workload meetups --db postgres://user:password@127.0.0.1/test',
    '<%= config.bin %> <%= command.id %> --status --db mysql://user:password@127.0.0.1/test',
    '<%= config.bin %> <%= command.id %> --dry-run --workload tickets --db postgres://user:password@127.0.0.1/test',
    '<%= config.bin %> <%= command.id %> --workload vaccination --down',
  ]
  static override flags = {
    down: Flags.boolean({ summary: 'drop the tables and all that is in them', exclusive: ['status', 'dry-run', 'to'] }),
    'dry-run': Flags.boolean({
      summary: 'change nothing, and print the SQL (for MongoDB and Redis: the commands) that would be sent',
      exclusive: ['status'],
    }),
    to: Flags.integer({ summary: 'the step to stop at, instead of the last one', min: 1, helpValue: 'N' }),
    status: Flags.boolean({
      summary: 'only say which tables and steps are there, and whether they are as migrate makes them',
      exclusive: ['to'],
    }),
    fill: Flags.boolean({
      summary: 'also add what users need and is missing, as "load" does for an API of its own',
      exclusive: ['down', 'status'],
    }),
    ...settingFlags('db', 'workload', 'connections', 'seed', ...tableFlags),
  }

  async run(): Promise<Migration> {
    const { flags } = await this.parse(Migrate)
    const { values } = await this.resolveSettings(flags)
    const migration = await migrateTables(this.context, values, { ...flags, dryRun: flags['dry-run'] })
    const isBehind = [...migration.steps, ...migration.tables].some(
      ({ state }) => !['present', 'applied', 'unused'].includes(state),
    )
    if (flags.status && isBehind) this.endWith('thresholdNotMet')
    else if (flags.status && migration.tables.some(({ notCompared }) => notCompared !== undefined))
      this.endWith('error')
    return migration
  }
}

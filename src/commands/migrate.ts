import { Flags } from '@oclif/core'
import { openDatabase } from '../lib/app/run-context.ts'
import { BaseCommand } from '../lib/cli/base-command.ts'
import { settingFlags } from '../lib/cli/flags.ts'
import { describeDifference, describeExtras } from '../lib/adapters/databases/table-shapes.ts'
import { compareTables, migrateDown, migrateUp, type TableComparison } from '../lib/adapters/databases/migrate.ts'
import { formatTable, plain } from '../lib/base/format.ts'
import { removeJournal, takeOverIfThere } from '../lib/seeding/journal.ts'
import { loadWorkload } from '../lib/workloads/registry.ts'

/** Result of the command, which `--json` prints. */
interface Migration {
  readonly url: string
  /** Tables that were created or dropped. */
  readonly changed: readonly string[]
  readonly tables: readonly TableComparison[]
  /** Parts of tables that this engine does not support. */
  readonly leftOut: readonly string[]
}

export default class Migrate extends BaseCommand {
  static override summary = 'Create the tables (or drop them with --down).'
  static override description = `Is safe to run twice. Tables that rushbench did not create are never touched: each of its own carries a mark. On an \
engine that cannot roll back CREATE TABLE (MySQL, MariaDB), a failed run drops what it made. What an engine does not \
support (docs/distributed-databases.md) is named.

--status holds the tables themselves (columns, keys, indexes, references) against what migrate makes, and says how \
they differ. Indexes, partitions and columns of yours that refuse no row are allowed, and named (docs/databases.md). \
Exit codes: 3 a table is missing, not ours, of another version, or differs; 1 the catalog could not be read.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --status --db mysql://user:password@127.0.0.1/test',
    '<%= config.bin %> <%= command.id %> --workload vaccination --down',
  ]
  static override flags = {
    down: Flags.boolean({ summary: 'drop the tables and all that is in them', exclusive: ['status'] }),
    status: Flags.boolean({ summary: 'only say which tables are there, and whether they are as migrate makes them' }),
    ...settingFlags('db', 'workload'),
  }

  async run(): Promise<Migration> {
    const { flags } = await this.parse(Migrate)
    const { values } = await this.resolveSettings(flags)
    const { name, tables, seedsInBlocks } = await loadWorkload(values.workload)
    const makesNothing = flags['status'] || flags['down']
    await using database = await openDatabase(this.context, values.db, 1, { makesNothing })
    let changed: readonly string[] = []
    if (flags['down']) {
      // A seeding that is under way would find its tables gone.
      if (seedsInBlocks) await takeOverIfThere(database, { signal: this.signal })
      changed = await migrateDown(database, name, tables)
      if (seedsInBlocks) await removeJournal(database)
    } else if (!flags['status']) changed = await migrateUp(database, name, tables)
    const status = await compareTables(database, name, tables)
    this.log(`${database.engine.name} ${database.engine.version}, ${database.url}`)
    this.log(
      formatTable(
        ['table', 'state'],
        status.map((table) => [table.name, describe(table, changed, flags['down'])]),
      ),
    )
    for (const line of status.flatMap(describeComparison)) this.log(plain(line))
    for (const what of database.unsupported) this.log(`unsupported: ${what}`)
    if (flags['status'] && status.some(({ state }) => state !== 'present')) this.endWith('thresholdNotMet')
    else if (flags['status'] && status.some(({ notCompared }) => notCompared !== undefined)) this.endWith('error')
    return { url: database.url, changed, tables: status, leftOut: database.unsupported }
  }
}

function describeComparison({ name, differences, extras, notCompared }: TableComparison): string[] {
  return [
    ...(notCompared === undefined ? [] : [`not compared: ${name}: ${notCompared}`]),
    ...differences.map((difference) => `differs: ${describeDifference(name, difference)}`),
    ...describeExtras(extras).map((extra) => `allowed: ${name} also has ${extra}`),
  ]
}

function describe({ name, state }: TableComparison, changed: readonly string[], down: boolean): string {
  if (!changed.includes(name)) return state
  return down ? 'dropped' : 'created'
}

import { insertIfAbsent } from '../../adapters/databases/apply-if-absent.ts'
import { migrateDown, migrateUp, migrationStatus } from '../../adapters/databases/migrate.ts'
import type { Database, Table } from '../../ports/database.ts'
import type { TableFilling } from './filling.ts'

/** A table that is filled. */
interface FilledTable {
  readonly name: string
  readonly workload: string
  /** As `amountText` writes it. */
  readonly amount: string
  readonly rows: number
}

const filledTables: Table<FilledTable> = {
  name: 'rushbench_fillings',
  columns: {
    name: { type: 'text', maxLength: 64 },
    workload: { type: 'text', maxLength: 40 },
    amount: { type: 'text', maxLength: 1000 },
    rows: { type: 'integer' },
  },
  primaryKey: 'name',
  unique: [],
  indexes: [],
  references: [],
}

/** Stands for a workload in the mark of the table. */
const owner = 'fillings'

/** The amount that a table was filled by, as flags: `--table-rows 100000`. */
export function amountText(amount: TableFilling['amount']): string {
  return Object.entries(amount)
    .map(([flag, value]) => `--${flag} ${value}`)
    .join(' ')
}

/** The amounts of those of a workload's tables that are filled, by the names of the tables. */
export async function readFilled(database: Database, workload: string): Promise<ReadonlyMap<string, FilledTable>> {
  if (!(await isThere(database))) return new Map()
  const rows = await database.store.find(filledTables, { workload })
  return new Map(rows.map((row) => [row.name, row]))
}

/** Records that tables are filled; all rows of them are stored. */
export async function recordFilled(
  database: Database,
  workload: string,
  tables: readonly TableFilling[],
): Promise<void> {
  if (!(await isThere(database))) {
    // Another filling may make the table at the same moment.
    await migrateUp(database, owner, [filledTables]).catch(async (error: unknown) => {
      if (!(await isThere(database))) throw error
    })
  }
  for (const { table, amount, parts } of tables) {
    const rows = parts.reduce((sum, part) => sum + part.rows, 0)
    const record = { name: table.name, workload, amount: amountText(amount), rows }
    await insertIfAbsent(database.store, filledTables, record)
  }
}

/** Forgets that tables are filled; the last of all workloads takes the record of them with it. */
export async function forgetFilled(database: Database, workload: string, names?: readonly string[]): Promise<void> {
  if (!(await isThere(database))) return
  await database.store.remove(filledTables, { workload, ...(names ? { name: { in: names } } : {}) })
  if (names === undefined && (await database.store.count(filledTables)) === 0)
    await migrateDown(database, owner, [filledTables])
}

async function isThere(database: Database): Promise<boolean> {
  const [status] = await migrationStatus(database, owner, [filledTables])
  return status?.state === 'present'
}

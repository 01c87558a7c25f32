import { chunksOf } from '../../../base/chunks.ts'
import type { AnyPatch, AnyTable, Change, Guard, Rows, Value, Condition } from '../../../ports/database.ts'
import type { Statement, Statements } from './statements.ts'

/** A transaction that is open on a server. */
export interface SqlTransaction {
  query(statement: Statement): Promise<Record<string, Value>[]>
  /** Rows matched. */
  execute(statement: Statement): Promise<number>
  /** Rows matched; as a prepared statement. */
  executePrepared(statement: Statement): Promise<number>
}

/**
 * Applies changes in one transaction, which the caller commits; the rows of all whose guard held then go in with one INSERT a
 * table. Guards that pick a row by its key are decided here, on rows that are read and locked at once:
 * a statement for each would cost a round trip for each.
 */
export async function applyChanges(
  transaction: SqlTransaction,
  statements: Statements,
  changes: readonly Change[],
): Promise<boolean[]> {
  const guards = changes.map(({ guard }) => guard)
  const decideAll = isDecidable(changes) ? decideLocked : decideOneByOne
  const applied = await decideAll(transaction, statements, guards)
  const held = changes.filter((_, index) => applied[index])
  const rows = held.flatMap(({ insert }) => insert)
  await insertAll(transaction, statements, rows)
  return applied
}

async function decideOneByOne(
  transaction: SqlTransaction,
  statements: Statements,
  guards: readonly (Guard<object> | null)[],
): Promise<boolean[]> {
  const applied: boolean[] = []
  for (const guard of guards) {
    applied.push(guard === null || (await hits(transaction, statements, guard)))
  }
  return applied
}

async function hits(
  transaction: SqlTransaction,
  statements: Statements,
  { table, where, patch }: Guard<object>,
): Promise<boolean> {
  return (await transaction.executePrepared(statements.update(table, where, patch))) > 0
}

async function insertAll(
  transaction: SqlTransaction,
  statements: Statements,
  all: readonly Rows<object>[],
): Promise<void> {
  for (const [table, ofTable] of Map.groupBy(all, (one) => one.table)) {
    const rows = ofTable.flatMap((one) => one.rows)
    for (const some of chunksOf(rows, statements.maxRowsPerInsert(table))) {
      await transaction.execute(statements.insert(table, some))
    }
  }
}

/** Reading the rows costs a round trip, which pays from this many guards on. */
const worthLocking = 3

type AnyGuard = NonNullable<Change['guard']>

/** A row of whole numbers while its guards are decided. */
interface LockedRow {
  readonly before: Readonly<Record<string, number>>
  readonly now: Record<string, number>
}

/**
 * Whether deciding the guards on locked rows gives what the server would give one by one: each picks a
 * row by its whole-number key, looks at whole numbers only (so that no collation has a say), changes
 * none that a key or a reference is made of, and no change adds rows that a later guard might see.
 * False also where it would not be worth it.
 */
function isDecidable(changes: readonly Change[]): boolean {
  const filled = new Set(changes.flatMap(({ insert }) => insert.map(({ table }) => table.name)))
  if (changes.length < worthLocking) return false
  return changes.every(({ guard }) => guard === null || (!filled.has(guard.table.name) && isPlain(guard)))
}

function isPlain({ table, where, patch }: AnyGuard): boolean {
  const isInteger = (column: string): boolean => table.columns[column]?.type === 'integer'
  const inKeys = (column: string): boolean =>
    column === table.primaryKey ||
    table.unique.some((columns) => columns.includes(column)) ||
    table.references.some((reference) => reference.column === column)
  return (
    table.keyColumns === undefined &&
    typeof keyOf({ table, where, patch }) === 'number' &&
    Object.keys(where).every(isInteger) &&
    Object.keys(patch).every((column) => isInteger(column) && !inKeys(column))
  )
}

function keyOf({ table, where }: AnyGuard): unknown {
  return (where as Record<string, unknown>)[table.primaryKey]
}

/** Reads and locks the rows that the guards are about, decides the guards in order and stores what comes of it. */
async function decideLocked(
  transaction: SqlTransaction,
  statements: Statements,
  guards: readonly (AnyGuard | null)[],
): Promise<boolean[]> {
  const byTable = new Map<AnyTable, Map<number, LockedRow>>()
  const given = guards.filter((guard) => guard !== null)
  // Always in the same order, so that two batches wait for each other and seldom deadlock.
  const tables = [...new Set(given.map(({ table }) => table))].sort((a, b) => (a.name < b.name ? -1 : 1))
  for (const table of tables) {
    const keys = given.filter((guard) => guard.table === table).map((guard) => keyOf(guard) as number)
    byTable.set(table, await lockRows(transaction, statements, table, keys))
  }
  const applied = guards.map(
    (guard) => guard === null || decide(guard, byTable.get(guard.table)?.get(keyOf(guard) as number)),
  )
  for (const [table, rows] of byTable) await storeRows(transaction, statements, table, rows)
  return applied
}

async function lockRows(
  transaction: SqlTransaction,
  statements: Statements,
  table: AnyTable,
  keys: readonly number[],
): Promise<Map<number, LockedRow>> {
  const sorted = [...new Set(keys)].sort((a, b) => a - b)
  const rows = await transaction.query(statements.find(table, { [table.primaryKey]: { in: sorted } }, { lock: true }))
  return new Map(
    rows.map((row) => {
      const before = row as Record<string, number>
      return [before[table.primaryKey] as number, { before, now: { ...before } }]
    }),
  )
}

function decide({ where, patch }: AnyGuard, row: LockedRow | undefined): boolean {
  if (!row) return false
  const { now } = row
  const conditions = Object.entries(where) as [string, Condition<number>][]
  if (!conditions.every(([column, condition]) => holds(now[column] as number, condition))) return false
  for (const [column, change] of Object.entries(patch) as [string, number | { readonly add: number }][]) {
    now[column] = typeof change === 'object' ? (now[column] as number) + change.add : change
  }
  return true
}

function holds(value: number, condition: Condition<number>): boolean {
  if (typeof condition !== 'object') return value === condition
  const { gt, gte, lt, lte, in: list } = condition
  return (
    (gt === undefined || value > gt) &&
    (gte === undefined || value >= gte) &&
    (lt === undefined || value < lt) &&
    (lte === undefined || value <= lte) &&
    (list === undefined || list.includes(value))
  )
}

/** Rows that change by the same amounts (a booking takes one place) share a statement. */
async function storeRows(
  transaction: SqlTransaction,
  statements: Statements,
  table: AnyTable,
  rows: ReadonlyMap<number, LockedRow>,
): Promise<void> {
  const byPatch = Map.groupBy(rows, ([, { before, now }]) => {
    const changed = Object.keys(now).filter((column) => now[column] !== before[column])
    return JSON.stringify(
      Object.fromEntries(
        changed.map((column) => [column, { add: (now[column] as number) - (before[column] as number) }]),
      ),
    )
  })
  byPatch.delete('{}')
  for (const [patch, same] of byPatch) {
    const keys = { [table.primaryKey]: { in: same.map(([key]) => key) } }
    await transaction.execute(statements.update(table, keys, JSON.parse(patch) as AnyPatch))
  }
}

import type { AnyTable, Change, Guard, Rows, Value } from '../../../ports/database.ts'
import { decideLocked, isDecidable } from './locked-guards.ts'
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
  const decide = isDecidable(changes) ? decideLocked : decideOneByOne
  const applied = await decide(transaction, statements, guards)
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
  const byTable = new Map<AnyTable, object[]>()
  for (const { table, rows } of all) {
    const sameTable = byTable.get(table)
    if (sameTable) sameTable.push(...rows)
    else byTable.set(table, [...rows])
  }
  for (const [table, rows] of byTable) {
    const size = statements.maxRowsPerInsert(table)
    for (let at = 0; at < rows.length; at += size) {
      await transaction.execute(statements.insert(table, rows.slice(at, at + size)))
    }
  }
}

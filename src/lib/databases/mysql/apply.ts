import type { AnyTable, Change, Guard, Rows } from '../port.ts'
import type { Statements } from '../sql/statements.ts'
import type { MysqlConnections, MysqlSession } from './connection.ts'
import { decideLocked, isDecidable } from './locked-guards.ts'

/**
 * Applies changes in one transaction; the rows of all whose guard held then go in with one INSERT a
 * table. Guards that pick a row by its key are decided here, on rows that are read and locked at once:
 * a statement for each would cost a round trip for each.
 */
export async function applyChanges(
  connections: MysqlConnections,
  statements: Statements,
  changes: readonly Change[],
): Promise<boolean[]> {
  const guards = changes.map(({ guard }) => guard)
  const decide = isDecidable(changes) ? decideLocked : decideOneByOne
  return connections.transaction(async (session) => {
    const applied = await decide(session, statements, guards)
    const held = changes.filter((_, index) => applied[index])
    await insertAll(
      session,
      statements,
      held.flatMap(({ insert }) => insert),
    )
    return applied
  })
}

async function decideOneByOne(
  session: MysqlSession,
  statements: Statements,
  guards: readonly Guard<object>[],
): Promise<boolean[]> {
  const applied: boolean[] = []
  for (const { table, where, patch } of guards) {
    const { affectedRows } = await session.executePrepared(statements.update(table, where, patch))
    applied.push(affectedRows > 0)
  }
  return applied
}

async function insertAll(session: MysqlSession, statements: Statements, all: readonly Rows<object>[]): Promise<void> {
  const byTable = new Map<AnyTable, object[]>()
  for (const { table, rows } of all) {
    const sameTable = byTable.get(table)
    if (sameTable) sameTable.push(...rows)
    else byTable.set(table, [...rows])
  }
  for (const [table, rows] of byTable) {
    const size = statements.maxRowsPerInsert(table)
    for (let at = 0; at < rows.length; at += size) {
      await session.execute(statements.insert(table, rows.slice(at, at + size)))
    }
  }
}

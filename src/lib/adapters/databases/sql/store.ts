import { chunksOf } from '../../../base/chunks.ts'
import {
  requireKeyColumn,
  type Change,
  type ColumnName,
  type FindOptions,
  type Patch,
  type Store,
  type Table,
  type Value,
  type Where,
} from '../../../ports/database.ts'
import type { Statement, Statements } from './statements.ts'

/** How the shared store reaches an engine. Rows come back with the columns in the order asked for. */
export interface SqlSession {
  query(statement: Statement): Promise<Record<string, Value>[]>
  /** Rows matched. */
  execute(statement: Statement): Promise<number>
  /** Runs all statements in one transaction. */
  executeAll(statements: readonly Statement[]): Promise<void>
  apply(changes: readonly Change[]): Promise<boolean[]>
}

/** Rows that `scan` reads at once; larger pages are no faster and take more memory. */
const scanPage = 2000

/** The one implementation of `Store` for the SQL engines. */
export function createSqlStore(session: SqlSession, statements: Statements): Store {
  return {
    find: async <R extends object, C extends ColumnName<R>>(
      table: Table<R>,
      where: Where<R>,
      options: FindOptions<R, C> = {},
    ) => (await session.query(statements.find(table, where, options))) as Pick<R, C>[],
    async insert(table, rows) {
      const size = statements.maxRowsPerInsert(table)
      await session.executeAll(Array.from(chunksOf(rows, size), (some) => statements.insert(table, some)))
    },
    update: async <R extends object>(table: Table<R>, where: Where<R>, patch: Patch<R>) =>
      session.execute(statements.update(table, where, patch)),
    remove: async (table, where) => session.execute(statements.remove(table, where)),
    scan: (table, columns) => scanByKey(session, statements, table, columns),
    async count(table) {
      const [row] = await session.query(statements.count(table))
      return Number(row?.['count'])
    },
    async countBy(table, column) {
      const rows = await session.query(statements.countBy(table, column))
      return new Map(rows.map((row) => [row['value'] as Value, Number(row['count'])]))
    },
    apply: (changes) => (changes.length === 0 ? Promise.resolve([]) : session.apply(changes)),
  }
}

/** Pages by key: no read transaction stays open, and no page costs more than the one before it. */
async function* scanByKey<R extends object, C extends ColumnName<R>>(
  session: SqlSession,
  statements: Statements,
  table: Table<R>,
  wanted?: readonly C[],
): AsyncGenerator<Pick<R, C>> {
  const key = requireKeyColumn(table)
  const columns = wanted && [...new Set([key, ...wanted])]
  let where: Where<R> = {}
  for (;;) {
    const rows = (await session.query(
      statements.find(table, where, { columns, orderBy: [key], limit: scanPage }),
    )) as R[]
    yield* rows
    const last = rows.at(-1)
    if (!last || rows.length < scanPage) return
    where = { [key]: { gt: last[key] } } as Where<R>
  }
}

import { ignoreFailure } from '../../../base/abort.ts'
import type { AnyLayout, AnyTable, InsertStrategy } from '../../../ports/database.ts'
import { bytesOf, sqlBulkStrategies } from '../sql/bulk.ts'
import { postgresDialect } from '../sql/dialect.ts'
import { plain } from '../sql/pool.ts'
import type { Statements } from '../sql/statements.ts'
import type { PostgresConnections } from './connection.ts'
import { isConstraintViolation } from './errors.ts'

/** The bulk strategies, fastest first. */
export function postgresStrategies(
  pool: PostgresConnections,
  statements: Statements,
  settings: string,
  deferredFlush: boolean,
): InsertStrategy[] {
  const deferred = {
    durability: `${settings}; blocks do not wait for the disk, the end waits for all of them`,
    afterBegin: 'set local synchronous_commit = off',
    // A commit that waits for the disk waits for all that were made before it; without a change it would not wait.
    flush: () =>
      pool.transaction(async (session) => {
        await session.query(plain("select pg_logical_emit_message(true, 'rushbench', '')"))
      }),
  }
  return sqlBulkStrategies({
    pool,
    statements,
    durability: settings,
    dialect: postgresDialect,
    native: {
      name: 'copy',
      unavailable: async () => null,
      prepare: () => pool.renew(),
      insert: async (session, layout, block) => ({
        rows: await session.copy(copySql(layout), bytesOf(block)),
        warnings: 0,
      }),
    },
    insertText: async (session, sql) => ({ rows: await session.execute(plain(sql)), warnings: 0 }),
    isConstraintViolation,
    ...(deferredFlush && deferred),
  })
}

/** The encoded rows are COPY's text format as they are: tabs between columns, and no backslash in them. */
function copySql({ table, fields }: AnyLayout): string {
  return `copy "${table.name}" (${fields.map(({ column }) => `"${column}"`).join(', ')}) from stdin`
}

/**
 * Has numbers of identity columns go on behind the largest that is stored, and the planner know the tables. VACUUM also does now
 * what the first readers of new rows would do else; forks of PostgreSQL have it or not.
 */
export async function settlePostgresTables(
  pool: PostgresConnections,
  hasVacuum: boolean,
  tables: readonly AnyTable[],
): Promise<void> {
  const run = (sql: string) => pool.withSession((session) => session.query(plain(sql)))
  for (const { name, columns } of tables) {
    for (const [column, declared] of Object.entries(columns)) {
      if (declared.type !== 'integer' || !declared.generated) continue
      await run(
        `select setval(pg_get_serial_sequence('"${name}"', '${column}'), greatest(max("${column}"), 1), max("${column}") is not null) from "${name}"`,
      )
    }
    // Statistics only: where they cannot be had, the server has those of before.
    await ignoreFailure(run(`${hasVacuum ? 'vacuum analyze' : 'analyze'} "${name}"`))
  }
}

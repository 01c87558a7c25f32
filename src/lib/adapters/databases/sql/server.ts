import type { Database } from '../../../ports/database.ts'
import { requireStored } from '../errors.ts'
import { applyChanges } from './apply.ts'
import { plain, type SqlPool, type SqlServerSession } from './pool.ts'
import type { Statements } from './statements.ts'
import { createSqlStore, type SqlSession } from './store.ts'

/** Statements in the server's own words. */
interface ServerStatements {
  /** Tables and views of this database: `name`, `mark`. */
  readonly tables: string
  /** `now`: the server's clock, ms since 1970. */
  readonly now: string
  /** Costs the server next to nothing, and is answered as an insert is. */
  readonly control: string
}

type Shared = 'url' | 'store' | 'tables' | 'recount' | 'openInserter' | 'now' | 'retries' | typeof Symbol.asyncDispose

/** Opens the part of a `Database` that SQL servers have in common. Sessions of open inserters are in `inserters`. */
export function openSqlServer<Session extends SqlServerSession>(
  pool: SqlPool<Session>,
  statements: Statements,
  { tables, now, control }: ServerStatements,
  inserters = new Set<Session>(),
): Pick<Database, Shared> {
  return {
    url: pool.url,
    store: createSqlStore(createStoreSession(pool, statements), statements),
    async tables() {
      const rows = await pool.ask(tables)
      return rows.map(({ name, mark }) => ({ name: String(name), mark: mark ? String(mark) : null }))
    },
    recount: async (counter, range) => void (await pool.execute(statements.recount(counter, range))),
    async openInserter(table) {
      const { session, release } = await pool.borrow()
      const statementOf = statements.insertOne(table)
      const controlStatement = plain(control)
      inserters.add(session)
      return {
        insert: async (row) => requireStored(await pool.retry(() => session.executeTimed(statementOf(row))), pool.url),
        controlStatement: control,
        control: async () => void (await pool.retry(() => session.executeTimed(controlStatement))),
        async close() {
          inserters.delete(session)
          release()
        },
      }
    },
    async now() {
      const [row] = await pool.query(plain(now))
      return Math.floor(Number(row?.['now']))
    },
    retries: pool.retries,
    [Symbol.asyncDispose]: () => pool.close(),
  }
}

function createStoreSession<Session extends SqlServerSession>(
  pool: SqlPool<Session>,
  statements: Statements,
): SqlSession {
  return {
    query: pool.query,
    execute: pool.execute,
    executeAll: (all) =>
      pool.transaction(async (session) => {
        for (const statement of all) await session.execute(statement)
      }),
    apply: (changes) => pool.transaction((session) => applyChanges(session, statements, changes)),
  }
}

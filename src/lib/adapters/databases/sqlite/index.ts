import { setTimeout as sleep } from 'node:timers/promises'
import { failure, RushbenchError } from '../../../base/errors/errors.ts'
import { describeDurability } from '../durability.ts'
import type {
  AnyTable,
  Change,
  Database,
  DatabaseAdapter,
  TableState,
  PausableAccess,
} from '../../../ports/database.ts'
import { changeTableSql, createIndexSql, createTableSql, dropIndexSql, dropTableSql } from '../sql/ddl.ts'
import { sqliteDialect } from '../sql/dialect.ts'
import { createStatements, type Statement, type Statements } from '../sql/statements.ts'
import { createSqlStore, type SqlSession } from '../sql/store.ts'
import { migrationFailed, requireStored } from '../errors.ts'
import { sqliteStrategies } from './bulk.ts'
import { openSqliteClient } from './client.ts'
import { openSqliteFile, type SqliteConnection } from './connection.ts'
import { createSqliteCounters, readSqliteFacts } from './server-facts.ts'
import { readSqliteDurability } from './durability.ts'
import { isConstraintViolation } from './errors.ts'
import { readSqliteCollations, readSqliteShapes } from './shape.ts'
import { inMemory } from './url.ts'
import { watchSqliteRows } from './watch.ts'

/** The SQLite inside Node: no server, one file. */
export const sqlite: DatabaseAdapter = {
  name: 'sqlite',
  inProcess: true,
  connect: async (url, options) => createDatabase(await openSqliteFile(url, options)),
  openPausable: async (url) => openWriteLock(await openSqliteFile(url)),
  openClient: openSqliteClient,
}

/** In memory, and without a commit that anything waits for: an insert less the file. */
const controlTable =
  'create temporary table if not exists rushbench_control (id text primary key, name text, number integer)'
const control: Statement = {
  sql: 'insert or replace into temp.rushbench_control values (?, ?, ?)',
  parameters: ['00000000-0000-0000-0000-000000000000', 'control', 0],
}

function createDatabase(connection: SqliteConnection): Database {
  const statements = createStatements(sqliteDialect)
  const counters = createSqliteCounters(connection, connection.path)
  const durability = readSqliteDurability(connection, connection.path === inMemory)
  const version = connection.query({ sql: 'select sqlite_version() as version', parameters: [] })[0]?.['version']
  const store = createSqlStore(createSession(connection, statements), statements)
  return {
    url: connection.url,
    engine: { name: 'sqlite', version: String(version), durability },
    traits: { transactions: true, transactionalDdl: true, concurrentWriters: false, foreignKeys: true },
    unsupported: [],
    store,
    insertStrategies: sqliteStrategies(connection, statements, describeDurability(durability)),
    tables: async () => listTables(connection),
    shapes: async (tables) => readSqliteShapes(connection, tables),
    collations: async (table) => readSqliteCollations(connection, table),
    async createTables(tables) {
      try {
        connection.transaction(() => {
          for (const { table, mark } of tables) {
            for (const sql of createTableSql(sqliteDialect, table, mark)) connection.run(sql)
          }
        })
      } catch (error) {
        throw migrationFailed(error, connection.url)
      }
    },
    async changeTables(changes, { table, rows }) {
      try {
        connection.transaction(() => {
          for (const sql of changes.flatMap((change) => changeTableSql(sqliteDialect, change))) connection.run(sql)
          connection.execute(statements.insert(table, rows))
        })
      } catch (error) {
        throw migrationFailed(error, connection.url)
      }
    },
    describeChanges: (changes) => changes.flatMap((change) => changeTableSql(sqliteDialect, change)),
    async dropTables(tables: readonly AnyTable[]) {
      try {
        connection.transaction(() => {
          for (const table of tables) connection.run(dropTableSql(sqliteDialect, table))
        })
      } catch (error) {
        if (!isConstraintViolation(error)) throw error
        throw failure('tables-depended-on', { url: connection.url, reason: 'rows refer to them' }, error)
      }
    },
    async dropIndexes(table) {
      connection.transaction(() => {
        for (const sql of dropIndexSql(sqliteDialect, table, listIndexes(connection, table))) connection.run(sql)
      })
    },
    async createIndexes(table) {
      connection.transaction(() => {
        for (const sql of createIndexSql(sqliteDialect, table, listIndexes(connection, table))) connection.run(sql)
      })
    },
    // The lock of a process ends with it, and what it had not committed with the lock.
    awaitWriters: async () => connection.transaction(() => {}),
    recount: async (counter, range) => void connection.execute(statements.recount(counter, range)),
    async openInserter(table) {
      connection.run(controlTable)
      const statementOf = statements.insertOne(table)
      return {
        insert: async (row) => requireStored(connection.execute(statementOf(row)), connection.url),
        controlStatement: control.sql,
        control: async () => void connection.execute(control),
        close: async () => {},
      }
    },
    watchRows: (table, listener) => watchSqliteRows(connection, store, table, listener),
    counters: async () => counters(),
    facts: async (tables) => readSqliteFacts(connection, connection.path, tables),
    // All that have the file open are on this machine, or share its clock at best.
    now: async () => Date.now(),
    retries: () => ({}),
    [Symbol.asyncDispose]: async () => connection.close(),
  }
}

function createSession(connection: SqliteConnection, statements: Statements): SqlSession {
  return {
    query: async (statement) => connection.query(statement),
    execute: async (statement) => connection.execute(statement),
    async executeAll(all) {
      connection.transaction(() => {
        for (const statement of all) connection.execute(statement)
      })
    },
    apply: async (changes) =>
      connection.transaction(() => changes.map((change) => applyChange(connection, statements, change))),
  }
}

function applyChange(connection: SqliteConnection, statements: Statements, { guard, insert }: Change): boolean {
  if (guard && connection.execute(statements.update(guard.table, guard.where, guard.patch)) === 0) return false
  for (const { table, rows } of insert) connection.execute(statements.insert(table, rows))
  return true
}

function listIndexes(connection: SqliteConnection, table: AnyTable): Set<unknown> {
  const sql = "select name from sqlite_master where type = 'index' and tbl_name = ?"
  return new Set(connection.query({ sql, parameters: [table.name] }).map(({ name }) => name))
}

function listTables(connection: SqliteConnection): TableState[] {
  const rows = connection.query({
    sql: "select name, sql from sqlite_master where type in ('table', 'view')",
    parameters: [],
  })
  return rows.map(({ name, sql }) => ({
    name: String(name),
    mark: /^create table[^(]*\(\/\* (.*?) \*\//i.exec(String(sql))?.[1] ?? null,
  }))
}

/** How long the lock is asked for, ms: a busy writer leaves it for some 0.1 ms at a time. */
const patienceMs = 5000
const askEveryMs = 1

/** Pauses a database by the one lock that its writers share. Takes `connection` for itself. */
function openWriteLock(connection: SqliteConnection): PausableAccess {
  // To wait inside of SQLite would keep this process from everything else.
  connection.run('pragma busy_timeout = 0')
  return {
    url: connection.url,
    effect: 'another connection held the write lock',
    async pause() {
      await takeLock(connection)
      return async () => connection.run('rollback')
    },
    [Symbol.asyncDispose]: async () => connection.close(),
  }
}

/** Throws `database-busy`. */
async function takeLock(connection: SqliteConnection): Promise<void> {
  const giveUpAt = performance.now() + patienceMs
  for (;;) {
    try {
      return connection.run('begin immediate')
    } catch (error) {
      const busy = error instanceof RushbenchError && error.code === 'database-busy'
      if (!busy || performance.now() > giveUpAt) throw error
    }
    await sleep(askEveryMs)
  }
}

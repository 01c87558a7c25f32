import { setImmediate as nextTurn } from 'node:timers/promises'
import type { SQLInputValue, StatementSync } from 'node:sqlite'
import { RushbenchError, reasonOf } from '../../../base/errors/errors.ts'
import { StatementError, type StatementFailureKind } from '../../../base/errors/statement-error.ts'
import type {
  ClientConnection,
  ClientOptions,
  DatabaseClient,
  DatabaseRequest,
  DatabaseResult,
  StatementValue,
  Row,
} from '../../../ports/database-client.ts'
import { openSqliteFile, type SqliteConnection } from './connection.ts'
import { readSqliteUrl } from './url.ts'

/** Opens the way of a measured load to a file: one connection in each process, since a statement keeps its thread until it is done. */
export async function openSqliteClient(url: string, options: ClientOptions): Promise<DatabaseClient> {
  const { shown } = readSqliteUrl(url)
  return {
    url: shown,
    engine: 'sqlite',
    transactions: true,
    mostConnections: 1,
    open: async () => createConnection(await openFile(url, options), options),
    [Symbol.asyncDispose]: async () => {},
  }
}

async function openFile(url: string, { readOnly }: ClientOptions): Promise<SqliteConnection> {
  try {
    const connection = await openSqliteFile(url)
    if (readOnly) connection.run('pragma query_only = 1')
    return connection
  } catch (error) {
    throw toStatementError(error)
  }
}

/** How long statements may follow each other without a turn of the event loop, ms. */
const turnEveryMs = 5

function createConnection(connection: SqliteConnection, { protocol, readOnly }: ClientOptions): ClientConnection {
  let closed = false
  const raw = <T>(work: () => T): T => {
    if (closed) throw new StatementError('lost', 'closed', 'the connection was closed')
    try {
      return work()
    } catch (error) {
      throw toStatementError(error)
    }
  }
  const once = (sql: string): void => raw(() => void connection.prepare(sql).run())
  let turnedAt = performance.now()
  /** Gives timers, sockets and Ctrl-C their turn, which statements that never wait would keep from them. */
  async function letOthersThrough(): Promise<void> {
    await nextTurn()
    turnedAt = performance.now()
  }
  return {
    get isUsable() {
      return !closed
    },
    async run(request) {
      if (performance.now() - turnedAt > turnEveryMs) await letOthersThrough()
      return raw(() => runStatement(connection, request, protocol))
    },
    // Of two that read first and wrote later, one would have to begin again.
    begin: async (asked) => once(readOnly || asked.readOnly ? 'begin' : 'begin immediate'),
    commit: async () => once('commit'),
    rollback: async () => once('rollback'),
    close() {
      if (!closed) connection.close()
      closed = true
    },
  }
}

function runStatement(
  connection: SqliteConnection,
  request: DatabaseRequest,
  protocol: ClientOptions['protocol'],
): DatabaseResult {
  if (!('sql' in request)) throw new StatementError('refused', 'no command', 'SQLite takes SQL, and no commands')
  const { sql, parameters = [] } = request
  const statement = protocol === 'prepared' ? connection.prepare(sql) : connection.prepareOnce(sql)
  const values = parameters.map(toSqlite)
  if (givesRows(statement)) return { rows: statement.all(...values) as Row[], affected: 0 }
  return { rows: [], affected: Number(statement.run(...values).changes) }
}

const rowGivers = new WeakMap<StatementSync, boolean>()

function givesRows(statement: StatementSync): boolean {
  let gives = rowGivers.get(statement)
  if (gives === undefined) {
    gives = statement.columns().length > 0
    rowGivers.set(statement, gives)
  }
  return gives
}

function toSqlite(value: StatementValue): SQLInputValue {
  return typeof value === 'boolean' ? Number(value) : value
}

/** Kinds by the names of result codes (https://www.sqlite.org/rescode.html). */
const kinds: Readonly<Record<number, readonly [kind: StatementFailureKind, name: string]>> = {
  5: ['conflict', 'SQLITE_BUSY'],
  6: ['conflict', 'SQLITE_LOCKED'],
  8: ['refused', 'SQLITE_READONLY'],
  13: ['refused', 'SQLITE_FULL'],
  19: ['refused', 'SQLITE_CONSTRAINT'],
}

function toStatementError(error: unknown): StatementError {
  if (error instanceof StatementError) return error
  const reason = reasonOf(error)
  if (error instanceof RushbenchError) {
    return new StatementError(error.code === 'database-busy' ? 'conflict' : 'refused', error.code, reason, error)
  }
  const number = (error as { errcode?: number }).errcode ?? 0
  const [kind, name] = kinds[number & 255] ?? (['refused', 'SQLITE_ERROR'] as const)
  return new StatementError(kind, number === 0 ? reason : `${number} ${name}`, reason, error)
}

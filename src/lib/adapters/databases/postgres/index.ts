import { failure } from '../../../base/errors/errors.ts'
import { describeDurability } from '../durability.ts'
import { migrationFailed, openOn } from '../errors.ts'
import type { AnyTable, Database, DatabaseAdapter, PausableAccess, TableChange } from '../../../ports/database.ts'
import type { Durability } from '../../../ports/database-facts.ts'
import { plain } from '../sql/pool.ts'
import { openSqlServer } from '../sql/server.ts'
import { changeTableSql, createIndexSql, createTableSql, dropIndexSql, dropTableSql } from '../sql/ddl.ts'
import { createStatements } from '../sql/statements.ts'
import { pollRows } from '../watch.ts'
import { postgresStrategies, settlePostgresTables } from './bulk.ts'
import { openPostgresClient } from './client.ts'
import { connectPostgres, type PostgresConnections, type PostgresSession } from './connection.ts'
import { createPostgresRowLog, dropSlots } from './row-log.ts'
import { readPostgresCounters, readPostgresFacts } from './server-facts.ts'
import { createPostgresStatements } from './statement-statistics.ts'
import { readPostgresDurability } from './durability.ts'
import { factsSql, findFlavour, type PostgresFlavour } from './flavour.ts'
import { createNotificationSql, dropNotificationSql, remakeNotificationSql, watchPostgresRows } from './notification.ts'
import { readPostgresCollations, readPostgresShapes } from './shape.ts'
import { openPausableProxy, redirectUrl } from '../pausable-proxy.ts'
import { readPostgresUrl, tlsParameters } from './url.ts'

export const postgres: DatabaseAdapter = {
  name: 'postgres',
  connect: async (url, { poolSize, onWait }) =>
    openOn(await connectPostgres(url, poolSize, onWait), async (connections) => {
      const flavour = await readFlavour(connections)
      return createDatabase(connections, flavour, flavour.durability ?? (await readPostgresDurability(connections)))
    }),
  openPausable,
  openClient: openPostgresClient,
}

async function readFlavour(connections: PostgresConnections): Promise<PostgresFlavour> {
  const [row] = await connections.ask(factsSql)
  const citus = row?.['citus'] ?? null
  return findFlavour({
    version: String(row?.['version']),
    serverVersion: String(row?.['server_version']),
    citus: citus === null ? null : String(citus),
  })
}

const serverStatements = {
  tables:
    "select c.relname as name, obj_description(c.oid, 'pg_class') as mark from pg_class c join pg_namespace n on n.oid = c.relnamespace " +
    "where n.nspname = current_schema() and c.relkind in ('r', 'p', 'v', 'm', 'f')",
  now: 'select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now',
  control: 'select 1',
}

function createDatabase(connections: PostgresConnections, flavour: PostgresFlavour, durability: Durability): Database {
  const { dialect, name, version } = flavour
  const statements = createStatements(dialect)
  const hasTrigger = (table: AnyTable): boolean => flavour.notifications && table.watched === true
  const changeSql = (change: TableChange): string[] => {
    const all = changeTableSql(dialect, change)
    if (!hasTrigger(change.table)) return all
    if (change.kind === 'remake triggers') return remakeNotificationSql(change.table)
    if (change.kind === 'create') return [...all, ...createNotificationSql(change.table)]
    return change.kind === 'drop' ? [...all, ...dropNotificationSql(change.table)] : all
  }
  const inserters = new Set<PostgresSession>()
  const server = openSqlServer(connections, statements, serverStatements, inserters)
  return {
    ...server,
    engine: { name, version, connection: connections.connection, durability },
    traits: { transactions: true, transactionalDdl: true, concurrentWriters: true, foreignKeys: true },
    unsupported: flavour.unsupported,
    rowLog: createPostgresRowLog(connections, flavour),
    insertStrategies: postgresStrategies(
      connections,
      statements,
      describeDurability(durability),
      flavour.deferredFlush,
    ),
    shapes: (tables) => readPostgresShapes(connections, flavour, tables),
    collations: (table) => readPostgresCollations(connections, table),
    createTables: (tables) =>
      runAll(connections, () =>
        tables.flatMap(({ table, mark }) => [
          ...createTableSql(dialect, table, mark),
          ...(hasTrigger(table) ? createNotificationSql(table) : []),
        ]),
      ).catch((error: unknown) => {
        throw migrationFailed(error, connections.url)
      }),
    changeTables: (changes, { table, rows }) =>
      connections
        .transaction(async (session) => {
          for (const sql of changes.flatMap(changeSql)) await session.execute(plain(sql))
          await session.execute(statements.insert(table, rows))
        })
        .catch((error: unknown) => {
          throw migrationFailed(error, connections.url)
        }),
    describeChanges: (changes) => changes.flatMap(changeSql),
    async dropTables(tables) {
      await runAll(connections, () =>
        tables.flatMap((table) => [
          dropTableSql(dialect, table),
          ...(hasTrigger(table) ? dropNotificationSql(table) : []),
        ]),
      )
      // No part of a transaction; the server would keep its log for them.
      if (flavour.notifications) await dropSlots(connections, tables)
    },
    dropIndexes: (table) =>
      runAll(connections, async (session) => dropIndexSql(dialect, table, await listIndexes(session, table))),
    createIndexes: (table) =>
      runAll(connections, async (session) => createIndexSql(dialect, table, await listIndexes(session, table))),
    settleTables: (tables) => settlePostgresTables(connections, name === 'postgres', tables),
    async awaitWriters(table) {
      if (flavour.tableLocks) await runAll(connections, () => [`lock table "${table.name}" in share mode`])
    },
    watchRows: (table, listener) =>
      // A pooler gives the session that listens to somebody else.
      flavour.notifications && !connections.connection.pooled
        ? watchPostgresRows(connections.listen, server.store, table, listener)
        : pollRows(server.store, table, listener),
    counters: async (options = { cheap: false }) =>
      flavour.counters ? readPostgresCounters(connections, inserters, options) : [],
    ...(flavour.counters ? { statementStatistics: createPostgresStatements(connections) } : {}),
    facts: (tables) => readPostgresFacts(connections, tables, connections.own()),
  }
}

/** Runs statements in one transaction: PostgreSQL takes back DDL as well. */
function runAll(
  connections: PostgresConnections,
  statementsIn: (session: PostgresSession) => readonly string[] | Promise<readonly string[]>,
): Promise<void> {
  return connections.transaction(async (session) => {
    for (const sql of await statementsIn(session)) await session.execute(plain(sql))
  })
}

async function listIndexes(session: PostgresSession, table: AnyTable): Promise<Set<unknown>> {
  const sql = 'select indexname as name from pg_indexes where schemaname = current_schema() and tablename = $1'
  return new Set((await session.query({ sql, parameters: [table.name] })).map(({ name }) => name))
}

/** A proxy to the one server, or the Unix socket, that the URL names. */
export async function openPausable(url: string): Promise<PausableAccess> {
  const { shown, servers } = readPostgresUrl(url)
  const [server, ...others] = servers
  const candidate = server?.candidates[0]
  if (!server || !candidate || others.length > 0) {
    throw failure('database-not-pausable', { url: shown, reason: 'the URL names several servers' })
  }
  const { host = '', port = 0 } = candidate
  const isSocket = host.startsWith('/')
  const unused = Object.fromEntries(tlsParameters.map((name) => [name, null]))
  const instead = { host: null, port: null, hostaddr: '127.0.0.1' }
  const parameters = isSocket ? { ...instead, ...unused, sslmode: 'disable' } : instead
  return openPausableProxy({
    shown,
    host: isSocket ? `${host}/.s.PGSQL.${port}` : host,
    port,
    // Certificates go on being checked against the server's own name.
    urlAt: (proxyPort) => redirectUrl(url, proxyPort, parameters, isSocket ? 'localhost' : server.name),
  })
}

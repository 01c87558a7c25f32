import { failure, reasonOf, RushbenchError } from '../../../base/errors/errors.ts'
import { describeDurability } from '../durability.ts'
import type { AnyTable, Database, DatabaseAdapter, EngineInfo, PausableAccess } from '../../../ports/database.ts'
import { plain } from '../sql/pool.ts'
import { openSqlServer } from '../sql/server.ts'
import { createIndexSql, createTableSql, dropIndexSql, dropTableSql } from '../sql/ddl.ts'
import { createStatements } from '../sql/statements.ts'
import { pollInserts } from '../watch.ts'
import { postgresStrategies } from './bulk.ts'
import { connectPostgres, type PostgresConnections, type PostgresSession } from './connection.ts'
import { readPostgresCounters, readPostgresFacts } from './server-facts.ts'
import { readPostgresDurability } from './durability.ts'
import { factsSql, findFlavour, type PostgresFlavour } from './flavour.ts'
import { createNotificationSql, dropNotificationSql, watchPostgresInserts } from './notification.ts'
import { readPostgresCollations, readPostgresShapes } from './shape.ts'
import { openPausableProxy, redirectUrl } from '../pausable-proxy.ts'
import { readPostgresUrl, tlsParameters } from './url.ts'

/** PostgreSQL. */
export const postgres: DatabaseAdapter = {
  name: 'postgres',
  async connect(url, { poolSize, onWait }) {
    const connections = await connectPostgres(url, poolSize, onWait)
    try {
      const flavour = await readFlavour(connections)
      return createDatabase(connections, flavour, await readEngine(connections, flavour))
    } catch (error) {
      await connections.close()
      throw error
    }
  },
  openPausable,
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

async function readEngine(
  connections: PostgresConnections,
  { name, version, durability }: PostgresFlavour,
): Promise<EngineInfo> {
  const { connection } = connections
  return { name, version, connection, durability: durability ?? (await readPostgresDurability(connections)) }
}

const serverStatements = {
  tables:
    "select c.relname as name, obj_description(c.oid, 'pg_class') as mark from pg_class c join pg_namespace n on n.oid = c.relnamespace " +
    "where n.nspname = current_schema() and c.relkind in ('r', 'p', 'v', 'm', 'f')",
  now: 'select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now',
  control: 'select 1',
}

function createDatabase(connections: PostgresConnections, flavour: PostgresFlavour, engine: EngineInfo): Database {
  const { dialect } = flavour
  const statements = createStatements(dialect)
  const hasTrigger = (table: AnyTable): boolean => flavour.notifications && table.watched === true
  const inserters = new Set<PostgresSession>()
  const server = openSqlServer(connections, statements, serverStatements, inserters)
  return {
    ...server,
    engine,
    traits: { transactions: true, concurrentWriters: true, foreignKeys: true },
    unsupported: flavour.unsupported,
    insertStrategies: postgresStrategies(
      connections,
      statements,
      describeDurability(engine.durability),
      flavour.deferredFlush,
    ),
    shapes: (tables) => readPostgresShapes(connections, flavour, tables),
    collations: (table) => readPostgresCollations(connections, table),
    createTables: (tables) =>
      createTables(
        connections,
        tables.flatMap(({ table, mark }) => [
          ...createTableSql(dialect, table, mark),
          ...(hasTrigger(table) ? createNotificationSql(table) : []),
        ]),
      ),
    dropTables: (tables) =>
      runAll(
        connections,
        tables.flatMap((table) => [
          dropTableSql(dialect, table),
          ...(hasTrigger(table) ? [dropNotificationSql(table)] : []),
        ]),
      ),
    dropIndexes: (table) =>
      connections.transaction(async (session) => {
        const present = await listIndexes(session, table)
        for (const name of createIndexSql(dialect, table).keys()) {
          if (present.has(name)) await run(session, dropIndexSql(dialect, table, name))
        }
      }),
    createIndexes: (table) =>
      connections.transaction(async (session) => {
        const present = await listIndexes(session, table)
        for (const [name, sql] of createIndexSql(dialect, table)) if (!present.has(name)) await run(session, sql)
      }),
    async awaitWriters(table) {
      if (flavour.tableLocks) await runAll(connections, [`lock table "${table.name}" in share mode`])
    },
    watchInserts: (table, listener) =>
      // A pooler gives the session that listens to somebody else.
      flavour.notifications && !connections.connection.pooled
        ? watchPostgresInserts(connections.listen, server.store, table, listener)
        : pollInserts(server.store, table, listener),
    counters: async () => (flavour.counters ? readPostgresCounters(connections, inserters) : []),
    facts: (tables) => readPostgresFacts(connections, tables, connections.own()),
  }
}

async function createTables(connections: PostgresConnections, sql: readonly string[]): Promise<void> {
  try {
    await runAll(connections, sql)
  } catch (error) {
    if (error instanceof RushbenchError) throw error
    throw failure('migration-failed', { url: connections.url, reason: reasonOf(error), left: [] }, error)
  }
}

/** In one transaction: PostgreSQL takes back DDL as well. */
function runAll(connections: PostgresConnections, statements: readonly string[]): Promise<void> {
  return connections.transaction(async (session) => {
    for (const sql of statements) await run(session, sql)
  })
}

async function run(session: PostgresSession, sql: string): Promise<void> {
  await session.execute(plain(sql))
}

async function listIndexes(session: PostgresSession, table: AnyTable): Promise<Set<unknown>> {
  const sql = 'select indexname as name from pg_indexes where schemaname = current_schema() and tablename = $1'
  return new Set((await session.query({ sql, parameters: [table.name] })).map(({ name }) => name))
}

/** A proxy to the one server, or the Unix socket, that the URL names. */
export async function openPausable(url: string): Promise<PausableAccess> {
  const { shown, servers } = readPostgresUrl(url)
  const [server, ...others] = servers
  const way = server?.candidates[0]
  if (!server || !way || others.length > 0) {
    throw failure('database-not-pausable', { url: shown, reason: 'the URL names several servers' })
  }
  const { host = '', port = 0 } = way
  const isSocket = host.startsWith('/')
  const unused = Object.fromEntries(tlsParameters.map((name) => [name, null]))
  const instead = { host: null, port: null, hostaddr: '127.0.0.1' }
  return openPausableProxy({
    shown,
    host: isSocket ? `${host}/.s.PGSQL.${port}` : host,
    port,
    urlAt: (proxyPort) =>
      // Certificates go on being held against the server's own name.
      redirectUrl(url, {
        host: isSocket ? 'localhost' : server.name,
        port: proxyPort,
        parameters: isSocket ? { ...instead, ...unused, sslmode: 'disable' } : instead,
      }),
  })
}

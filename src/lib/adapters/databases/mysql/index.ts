import { ignoreFailure } from '../../../base/abort.ts'
import { failure, reasonOf, RushbenchError } from '../../../base/errors/errors.ts'
import { describeDurability } from '../durability.ts'
import { isCreated, migrationFailed, openOn } from '../errors.ts'
import type { AnyTable, Database, DatabaseAdapter, PausableAccess } from '../../../ports/database.ts'
import type { Durability } from '../../../ports/database-facts.ts'
import { openSqlServer } from '../sql/server.ts'
import { changeTableSql, createTableSql, dropTableSql } from '../sql/ddl.ts'
import { mysqlDialect } from '../sql/dialect.ts'
import { plain } from '../sql/pool.ts'
import { createStatements } from '../sql/statements.ts'
import { pollRows } from '../watch.ts'
import { mysqlStrategies } from './bulk.ts'
import { openMysqlClient } from './client.ts'
import { connectMysql, type MysqlConnections, type MysqlSession } from './connection.ts'
import { createMysqlRowLog } from './row-log.ts'
import { readMysqlCounters, readMysqlFacts } from './server-facts.ts'
import { createMysqlStatements } from './statement-statistics.ts'
import { readMysqlDurability } from './durability.ts'
import { findFlavour, isTidb, isVitess, type MysqlFlavour } from './flavour.ts'
import { createIndexes, dropIndexes } from './indexes.ts'
import { readMysqlCollations, readMysqlShapes } from './shape.ts'
import { findMysqlTransientError } from './errors.ts'
import { openPausableProxy, redirectUrl } from '../pausable-proxy.ts'
import { readMysqlUrl, tlsParameterNames } from './url.ts'

export const mysql: DatabaseAdapter = {
  name: 'mysql',
  connect: async (url, { poolSize, onWait }) =>
    openOn(await connectMysql(url, poolSize, onWait), async (connections) => {
      const { flavour, galeraNodes } = await readFlavour(connections)
      const durability = flavour.durability ?? (await readMysqlDurability(connections, galeraNodes))
      return createDatabase(connections, flavour, durability)
    }),
  openPausable,
  openClient: openMysqlClient,
}

async function readFlavour(connections: MysqlConnections): Promise<{ flavour: MysqlFlavour; galeraNodes: number }> {
  const { ask } = connections
  const [row] = await ask('select version() as version')
  const version = String(row?.['version'])
  const ofTidb = 'select @@global.tidb_enable_foreign_key as taken, @@session.foreign_key_checks as checked'
  const [keys] = isTidb(version) ? await ask(ofTidb).catch(() => []) : []
  const foreignKeys = keys ? Number(keys['taken']) === 1 && Number(keys['checked']) === 1 : null
  const shards = isVitess(version) ? countShards(await ask('show vitess_shards'), connections.database) : 0
  const hasGalera = /mariadb/i.test(version)
  const [size] = hasGalera ? await ask("show global status like 'wsrep_cluster_size'") : []
  const galeraNodes = Number(size?.['Value'] ?? 0)
  return { flavour: findFlavour({ version, foreignKeys, shards, galeraNodes }), galeraNodes }
}

/** Each row names one: `commerce/-80`. */
function countShards(rows: readonly object[], keyspace: string): number {
  return rows.filter((row) => String(Object.values(row)[0]).startsWith(`${keyspace}/`)).length
}

/** Statements whose answers have no rows cost the least, as those of inserts. */
const serverStatements = {
  tables:
    'select table_name as name, table_comment as mark from information_schema.tables where table_schema = database()',
  now: 'select unix_timestamp(now(3)) * 1000 as now',
  control: 'do 0',
}

function createDatabase(connections: MysqlConnections, flavour: MysqlFlavour, durability: Durability): Database {
  const made = (table: AnyTable): AnyTable => (flavour.foreignKeys ? table : { ...table, references: [] })
  const statements = createStatements(mysqlDialect)
  const server = openSqlServer(connections, statements, serverStatements)
  return {
    ...server,
    engine: { name: flavour.name, version: flavour.version, connection: connections.connection, durability },
    traits: { transactions: true, transactionalDdl: false, concurrentWriters: true, foreignKeys: flavour.foreignKeys },
    unsupported: flavour.unsupported,
    rowLog: createMysqlRowLog(connections, flavour),
    insertStrategies: mysqlStrategies(connections, statements, describeDurability(durability), flavour),
    shapes: (tables) => readMysqlShapes(connections, flavour, tables.map(made)),
    collations: (table) => readMysqlCollations(connections, table),
    createTables: (tables) =>
      createTables(
        connections,
        tables.map(({ table, mark }) => ({ table: made(table), mark })),
      ),
    async changeTables(changes, { table, rows }) {
      const own = changes.map((change) => ({ ...change, table: made(change.table) }))
      await createTables(connections, own.filter(isCreated))
      try {
        for (const change of own.filter((each) => !isCreated(each))) {
          for (const sql of changeTableSql(mysqlDialect, change))
            await connections.withSession((session) => session.execute(plain(sql)))
        }
        await server.store.insert(table, rows)
      } catch (error) {
        throw migrationFailed(error, connections.url)
      }
    },
    describeChanges: (changes) =>
      changes.flatMap((change) => changeTableSql(mysqlDialect, { ...change, table: made(change.table) })),
    async dropTables(tables) {
      if (tables.length === 0) return
      await connections.withSession(async (session) => {
        // What is dropped stays dropped: so it is asked before whether all of them can be, and one statement has the rights
        // and the locks for all of them before it drops any.
        await requireIndependent(session, connections.url, tables)
        const names = tables.map(({ name }) => `\`${name}\``)
        await session.execute(plain(`drop table ${names.join(', ')}`))
      })
    },
    dropIndexes: (table) => dropIndexes(connections, made(table)),
    createIndexes: (table) => createIndexes(connections, made(table)),
    async settleTables(tables) {
      // Statistics only: where they cannot be had, the server has those of before.
      for (const { name } of tables)
        await ignoreFailure(connections.withSession((session) => session.query(plain(`analyze table \`${name}\``))))
    },
    async awaitWriters(table) {
      if (!flavour.tableLocks) return
      await connections.withSession(async (session) => {
        // A transaction keeps its tables' metadata locked until it is rolled back. To insert the same keys meanwhile
        // would make InnoDB remember locks for each row that goes, until they fill the buffer pool (MariaDB 10.11).
        // A user who may not lock tables waits for the rows themselves, one by one, when they are stored again.
        const locked = await session.raw.query(`lock tables \`${table.name}\` write`).catch(ignoreMissingRight)
        if (!locked) return
        await session.raw.query('unlock tables')
      })
    },
    watchRows: (table, listener) => pollRows(server.store, table, listener),
    counters: async () => (flavour.counters ? readMysqlCounters(connections) : []),
    ...(flavour.counters ? { statementStatistics: createMysqlStatements(connections, flavour) } : {}),
    facts: (tables) => readMysqlFacts(connections, tables, connections.own()),
  }
}

/** Null for a right that the user lacks; throws whatever else is wrong. */
function ignoreMissingRight(error: { readonly code?: string }): null {
  if (error.code === 'ER_DBACCESS_DENIED_ERROR' || error.code === 'ER_TABLEACCESS_DENIED_ERROR') return null
  throw error
}

/** Throws `tables-depended-on` where others, in this database or another one, refer to these tables. */
async function requireIndependent(session: MysqlSession, url: string, tables: readonly AnyTable[]): Promise<void> {
  const ours = new Set(tables.map(({ name }) => name))
  const sql = `select table_name as child, referenced_table_name as parent,
      case when constraint_schema = database() then null else constraint_schema end as elsewhere
    from information_schema.referential_constraints
    where unique_constraint_schema = database() order by constraint_schema, table_name`
  const rows = await session.query(plain(sql))
  const reason = rows
    .filter(({ child, parent, elsewhere }) => ours.has(String(parent)) && (elsewhere || !ours.has(String(child))))
    .map(
      ({ child, parent, elsewhere }) =>
        `${elsewhere ? `${String(elsewhere)}.` : ''}${String(child)} refers to ${String(parent)}`,
    )
  if (reason.length > 0) throw failure('tables-depended-on', { url, reason: reason.join(', ') })
}

/** MySQL commits each CREATE TABLE by itself: what this call made is dropped again when a later one fails. */
async function createTables(
  connections: MysqlConnections,
  tables: readonly { readonly table: AnyTable; readonly mark: string }[],
): Promise<void> {
  const made: AnyTable[] = []
  await connections.withSession(async (session) => {
    // A server that takes no writes for a while has made nothing.
    const run = (sql: string) => connections.retry(() => session.execute(plain(sql)))
    try {
      for (const { table, mark } of tables) {
        const [create = '', ...indexes] = createTableSql(mysqlDialect, table, mark)
        await run(create)
        made.push(table)
        for (const sql of indexes) await run(sql)
      }
    } catch (error) {
      const left: string[] = []
      for (const table of made.toReversed()) {
        await session.execute(plain(dropTableSql(mysqlDialect, table))).catch(() => left.push(table.name))
      }
      const transientError = findMysqlTransientError(error)
      const isSaid = error instanceof RushbenchError || (transientError !== null && transientError.kind !== 'conflict')
      if (isSaid && left.length === 0) throw error
      throw failure('migration-failed', { url: connections.url, reason: reasonOf(error), left }, error)
    }
  })
}

/** A proxy to the server or the Unix socket that the URL names. */
export async function openPausable(url: string): Promise<PausableAccess> {
  const { shown, candidates, verification } = readMysqlUrl(url)
  const [{ socketPath, host: server = '', port: serverPort = 0 } = {}] = candidates
  if (verification === 'authority and host') {
    const reason =
      'the proxy stands at 127.0.0.1, which is not what ssl-mode=VERIFY_IDENTITY checks the certificate against'
    throw failure('database-not-pausable', { url: shown, reason })
  }
  if (socketPath === undefined) {
    return openPausableProxy({ shown, host: server, port: serverPort, urlAt: (port) => redirectUrl(url, port) })
  }
  // What was not encrypted on the socket is not to be encrypted on the way to the proxy.
  const unused = Object.fromEntries(tlsParameterNames.map((name) => [name, null]))
  const unencrypted = candidates[0]?.ssl === undefined ? { ...unused, 'ssl-mode': 'DISABLED' } : {}
  const parameters = { ...unencrypted, socketPath: null, socket: null }
  return openPausableProxy({ shown, host: socketPath, port: 0, urlAt: (port) => redirectUrl(url, port, parameters) })
}

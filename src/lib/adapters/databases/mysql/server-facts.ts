import type { AnyTable, Value } from '../../../ports/database.ts'
import { bytesOf, connectedOf, withUnit } from '../server-facts.ts'
import type { MysqlConnections } from './connection.ts'
import type { ConnectedFacts, ServerFacts, TableFacts } from '../../../ports/database-facts.ts'

/** As our sessions have them; MySQL and MariaDB each have some of them. */
const sizes = [
  'innodb_buffer_pool_size',
  'innodb_redo_log_capacity',
  'innodb_log_file_size',
  'innodb_log_buffer_size',
  'innodb_page_size',
]
const others = [
  'innodb_log_files_in_group',
  'transaction_isolation',
  'tx_isolation',
  'innodb_io_capacity',
  'innodb_io_capacity_max',
  'innodb_max_dirty_pages_pct',
  'innodb_max_dirty_pages_pct_lwm',
  'innodb_adaptive_flushing',
  'innodb_file_per_table',
  'binlog_format',
  'max_connections',
  'read_only',
]
/** What a summary begins with. */
const foremost = [
  'innodb_buffer_pool_size',
  'innodb_redo_log_capacity',
  'innodb_log_file_size',
  'transaction_isolation',
  'tx_isolation',
]
const settingNames = [...new Set([...foremost, ...sizes, ...others])]

/** Status variables that need no right. */
const statusNames = ['slaves_connected', 'slave_running', 'wsrep_cluster_size', 'threads_connected']

/** Whoever may not see the sessions of others sees those of the own user. */
const othersSql = `select user as who, count(*) as connections from information_schema.processlist
  where command <> 'Daemon' and user <> 'system user'`

/** Asks the server. `own` are the numbers of our sessions. */
export async function readMysqlFacts(
  connections: MysqlConnections,
  tables: readonly AnyTable[],
  own: readonly number[],
): Promise<ServerFacts> {
  const ask = (sql: string, parameters: readonly Value[] = []) =>
    connections.withSession((session) => session.query({ sql, parameters: [...parameters] }))
  const listed = (names: readonly (string | number)[]) => names.map(() => '?').join(', ')
  const read = async (what: 'session variables' | 'global status', names: readonly string[]) => {
    const rows = await ask(`show ${what} where variable_name in (${names.map((name) => `'${name}'`).join(', ')})`)
    return new Map(rows.map((row) => [String(row['Variable_name']).toLowerCase(), String(row['Value'])]))
  }
  const names = tables.map(({ name }) => name)
  const variables = await read('session variables', settingNames)
  const status = await read('global status', statusNames)
  const found = await ask(
    `select table_name as name, table_rows as row_count, data_length as bytes, index_length as index_bytes
     from information_schema.tables where table_schema = database() and table_name in (${listed(names)})`,
    names,
  )
  const indexes = await ask(
    `select distinct table_name as table_name, index_name as name from information_schema.statistics
     where table_schema = database() and table_name in (${listed(names)}) order by index_name`,
    names,
  )
  const indexSizes = await ask(
    `select table_name as table_name, index_name as name, stat_value * @@innodb_page_size as bytes
     from mysql.innodb_index_stats where database_name = database() and stat_name = 'size'`,
  ).catch(() => [])
  const seen = connectedOf(
    await ask(
      `${othersSql}${own.length > 0 ? ` and id not in (${listed(own)})` : ''} group by user order by 2 desc, 1`,
      own,
    ),
  )
  return {
    settings: Object.fromEntries(
      settingNames.flatMap((name) => {
        const value = variables.get(name)
        return value === undefined ? [] : [[name, sizes.includes(name) ? withUnit(value) : value.replace(/\.0+$/, '')]]
      }),
    ),
    tables: found.map((row) => describeTable(row, indexes, indexSizes)),
    replication: describeReplication(status),
    others: withUnseen(seen, Number(status.get('threads_connected') ?? 0) - own.length),
  }
}

type Row = Readonly<Record<string, Value>>

function describeTable(
  { name, row_count: rows, bytes, index_bytes: indexBytes }: Row,
  indexes: readonly Row[],
  sizesOfIndexes: readonly Row[],
): TableFacts {
  const sizeOf = (index: Row) =>
    sizesOfIndexes.find((size) => size['table_name'] === name && size['name'] === index['name'])?.['bytes']
  return {
    name: String(name),
    rows: bytesOf(rows),
    bytes: bytesOf(bytes),
    indexBytes: bytesOf(indexBytes),
    indexes: indexes
      .filter((index) => index['table_name'] === name)
      .map((index) => ({ name: String(index['name']), bytes: bytesOf(sizeOf(index)) })),
  }
}

/** Null on MySQL, which counts its replicas only for who may see all sessions. */
function describeReplication(status: ReadonlyMap<string, string>): string | null {
  const nodes = Number(status.get('wsrep_cluster_size') ?? 0)
  const replicas = status.get('slaves_connected')
  const parts = [
    ...(nodes > 0 ? [`one of ${nodes} nodes of a Galera cluster`] : []),
    ...(status.get('slave_running')?.toUpperCase() === 'ON' ? ['itself a replica'] : []),
    ...(replicas === undefined ? [] : [replicas === '0' ? 'no replica connected' : `${replicas} replicas connected`]),
  ]
  return parts.length === 0 ? null : parts.join(', ')
}

/** Sessions that the server counts and does not show are named as such. */
function withUnseen(seen: readonly ConnectedFacts[], connected: number): ConnectedFacts[] {
  const unseen = connected - seen.reduce((sum, { connections }) => sum + connections, 0)
  return unseen > 0 ? [...seen, { who: 'users that this one may not see', connections: unseen }] : [...seen]
}

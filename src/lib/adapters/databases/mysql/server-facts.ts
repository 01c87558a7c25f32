import type { AnyTable, ServerCounter } from '../../../ports/database.ts'
import { connectedOf, describeTable, withUnit } from '../server-facts.ts'
import type { MysqlConnections } from './connection.ts'
import { readVariables } from './session.ts'
import type { ConnectedFacts, ServerFacts } from '../../../ports/database-facts.ts'

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
/** The first settings of a summary. */
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

/** A user without the right to see the sessions of others sees its own. */
const othersSql = `select user as who, count(*) as connections from information_schema.processlist
  where command <> 'Daemon' and user <> 'system user'`

/** Asks the server. `own` are the numbers of our sessions. */
export async function readMysqlFacts(
  connections: MysqlConnections,
  tables: readonly AnyTable[],
  own: readonly number[],
): Promise<ServerFacts> {
  const { ask } = connections
  const listed = (names: readonly (string | number)[]) => names.map(() => '?').join(', ')
  const names = tables.map(({ name }) => name)
  const variables = await readVariables(ask, 'session variables', settingNames)
  const status = await readVariables(ask, 'global status', statusNames)
  const found = await ask(
    `select table_name as name, table_rows as row_count, data_length as bytes, index_length as index_bytes
     from information_schema.tables where table_schema = database() and table_name in (${listed(names)})`,
    names,
  )
  const indexes = await ask(
    `select distinct table_name as of_table, index_name as name from information_schema.statistics
     where table_schema = database() and table_name in (${listed(names)}) order by index_name`,
    names,
  )
  const indexSizes = await ask(
    `select table_name as of_table, index_name as name, stat_value * @@innodb_page_size as bytes
     from mysql.innodb_index_stats where database_name = database() and stat_name = 'size'`,
  ).catch(() => [])
  const sizedIndexes = indexes.map((index) => ({
    ...index,
    bytes: indexSizes.find((size) => size['of_table'] === index['of_table'] && size['name'] === index['name'])?.[
      'bytes'
    ],
  }))
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
    tables: found.map((row) => describeTable(row, sizedIndexes)),
    replication: describeReplication(status),
    others: withUnseen(seen, Number(status.get('threads_connected') ?? 0) - own.length),
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

interface StatusCounter extends Omit<ServerCounter, 'value'> {
  /** Status variables that carry it, the first that the server has is taken. */
  readonly from: readonly string[]
}

/** MySQL and MariaDB name most alike; what one of them lacks is left out. */
const statusCounters: readonly StatusCounter[] = [
  { name: 'page reads', kind: 'total', unit: 'pages', from: ['Innodb_buffer_pool_reads'] },
  { name: 'pages written', kind: 'total', unit: 'pages', from: ['Innodb_pages_written'] },
  { name: 'log written', kind: 'total', unit: 'bytes', from: ['Innodb_os_log_written', 'Innodb_lsn_current'] },
  // With those of the log.
  { name: 'data fsyncs', kind: 'total', unit: 'fsyncs', from: ['Innodb_data_fsyncs'] },
  { name: 'log fsyncs', kind: 'total', unit: 'fsyncs', from: ['Innodb_os_log_fsyncs'] },
  // MariaDB's; it counts the groups of commits whose binary log it syncs once.
  { name: 'binlog written', kind: 'total', unit: 'bytes', from: ['Binlog_bytes_written'] },
  { name: 'binlog fsyncs', kind: 'total', unit: 'fsyncs', from: ['Binlog_group_commits'] },
  { name: 'checkpoint age', kind: 'level', unit: 'bytes', from: ['Innodb_checkpoint_age'] },
  // MariaDB counts them for all of its engines.
  { name: 'rows read', kind: 'total', unit: 'rows', from: ['Innodb_rows_read', 'Rows_read'] },
  { name: 'lock waits', kind: 'total', unit: 'waits', rare: true, from: ['Innodb_row_lock_waits'] },
  { name: 'lock wait time', kind: 'total', unit: 'milliseconds', rare: true, from: ['Innodb_row_lock_time'] },
  {
    name: 'waiting for locks',
    kind: 'level',
    unit: 'transactions',
    rare: true,
    from: ['Innodb_row_lock_current_waits'],
  },
  { name: 'deadlocks', kind: 'total', unit: 'deadlocks', rare: true, from: ['Innodb_deadlocks'] },
]

/** MySQL's, from which the age of its checkpoint follows. */
const logEnds = ['Innodb_redo_log_current_lsn', 'Innodb_redo_log_checkpoint_lsn'] as const

const variables = [...statusCounters.flatMap(({ from }) => from), ...logEnds]

/** How the binary log is kept. */
interface BinaryLog {
  readonly on: boolean
  /** Groups of commits from one sync to the next; 0: when the system likes. */
  readonly syncEvery: number
}

/**
 * Reads the counts of InnoDB and the binary log since the server started, for all databases. Needs no privilege, but on
 * MySQL, whose binary log is counted in performance_schema only, and its syncs nowhere; and whose deadlocks are counted in
 * a table that needs PROCESS.
 */
export async function readMysqlCounters(connections: MysqlConnections): Promise<ServerCounter[]> {
  const { ask } = connections
  const counted = await readVariables(ask, 'global status', variables)
  const status = new Map(Array.from(counted, ([name, value]) => [name, Number(value)]))
  const [log] = await ask('select @@global.log_bin as is_on, @@global.sync_binlog as sync_every')
  const binaryLog = { on: Number(log?.['is_on']) === 1, syncEvery: Number(log?.['sync_every']) }
  if (binaryLog.on && !status.has('binlog_bytes_written')) {
    const [row] = await ask(writtenByMysql).catch(() => [])
    if (row) status.set('binlog_bytes_written', Number(row['bytes']))
  }
  if (!status.has('innodb_deadlocks')) {
    const [row] = await ask(deadlocksOfMysql).catch(() => [])
    if (row) status.set('innodb_deadlocks', Number(row['deadlocks']))
  }
  const [end, checkpoint] = logEnds.map((name) => status.get(name.toLowerCase()))
  if (end !== undefined && checkpoint !== undefined) status.set('innodb_checkpoint_age', end - checkpoint)
  return pickCounters(status, binaryLog)
}

const deadlocksOfMysql =
  "select `count` as deadlocks from information_schema.innodb_metrics where name = 'lock_deadlocks' and status = 'enabled'"

const writtenByMysql =
  "select sum_number_of_bytes_write as bytes from performance_schema.file_summary_by_event_name where event_name = 'wait/io/file/sql/binlog'"

/** The counters among status variables, which are named in lower case. */
export function pickCounters(status: ReadonlyMap<string, number>, { on, syncEvery }: BinaryLog): ServerCounter[] {
  return statusCounters.flatMap(({ from, ...counter }) => {
    const found = from.map((name) => status.get(name.toLowerCase())).find((value) => value !== undefined)
    if (found === undefined || !Number.isFinite(found)) return []
    if (!counter.name.startsWith('binlog')) return [{ ...counter, value: found }]
    if (!on) return []
    const value = counter.unit === 'fsyncs' ? syncsOf(found, syncEvery) : found
    return [{ ...counter, value }]
  })
}

function syncsOf(groups: number, syncEvery: number): number {
  return syncEvery === 0 ? 0 : groups / syncEvery
}

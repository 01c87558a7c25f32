import type { ServerCounter } from '../../../ports/database.ts'
import type { MysqlConnections } from './connection.ts'

interface StatusCounter extends Omit<ServerCounter, 'value'> {
  /** Status variables that carry it, the first that the server has is taken. */
  readonly from: readonly string[]
}

/** MySQL and MariaDB name most alike; what one of them lacks is left out. */
const statusCounters: readonly StatusCounter[] = [
  { name: 'page reads', kind: 'total', unit: 'pages', from: ['Innodb_buffer_pool_reads'] },
  { name: 'pages written', kind: 'total', unit: 'pages', from: ['Innodb_pages_written'] },
  { name: 'log written', kind: 'total', unit: 'bytes', from: ['Innodb_os_log_written', 'Innodb_lsn_current'] },
  { name: 'data fsyncs', kind: 'total', unit: 'fsyncs', from: ['Innodb_data_fsyncs'] },
  // MariaDB's; it counts the groups of commits whose binary log it syncs once.
  { name: 'binlog written', kind: 'total', unit: 'bytes', from: ['Binlog_bytes_written'] },
  { name: 'binlog fsyncs', kind: 'total', unit: 'fsyncs', from: ['Binlog_group_commits'] },
  { name: 'checkpoint age', kind: 'level', unit: 'bytes', from: ['Innodb_checkpoint_age'] },
]

const variables = statusCounters.flatMap(({ from }) => from.map((name) => `'${name}'`)).join(', ')

/** How the binary log is kept. */
export interface BinaryLog {
  readonly on: boolean
  /** Groups of commits from one sync to the next; 0: when the system likes. */
  readonly syncEvery: number
}

/**
 * What InnoDB and the binary log have counted since the server started, for all databases. Needs no privilege, but on
 * MySQL, whose binary log is counted in performance_schema only, and its syncs nowhere.
 */
export async function readMysqlCounters(connections: MysqlConnections): Promise<ServerCounter[]> {
  const ask = (sql: string) => connections.withSession((session) => session.query({ sql, parameters: [] }))
  const rows = await ask(`show global status where variable_name in (${variables})`)
  const status = new Map(rows.map((row) => [String(row['Variable_name']).toLowerCase(), Number(row['Value'])]))
  const [log] = await ask('select @@global.log_bin as is_on, @@global.sync_binlog as sync_every')
  const binaryLog = { on: Number(log?.['is_on']) === 1, syncEvery: Number(log?.['sync_every']) }
  if (binaryLog.on && !status.has('binlog_bytes_written')) {
    const [row] = await ask(writtenByMysql).catch(() => [])
    if (row) status.set('binlog_bytes_written', Number(row['bytes']))
  }
  return pickCounters(status, binaryLog)
}

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

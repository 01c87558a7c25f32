import type { ServerCounter } from '../port.ts'
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
  { name: 'checkpoint age', kind: 'level', unit: 'bytes', from: ['Innodb_checkpoint_age'] },
]

const variables = statusCounters.flatMap(({ from }) => from.map((name) => `'${name}'`)).join(', ')

/** What InnoDB has counted since the server started, for all of its databases. Needs no privilege. */
export async function readMysqlCounters(connections: MysqlConnections): Promise<ServerCounter[]> {
  const sql = `show global status where variable_name in (${variables})`
  const rows = await connections.withSession((session) => session.query({ sql, parameters: [] }))
  return pickCounters(new Map(rows.map((row) => [String(row['Variable_name']).toLowerCase(), Number(row['Value'])])))
}

/** The counters among status variables, which are named in lower case. */
export function pickCounters(status: ReadonlyMap<string, number>): ServerCounter[] {
  return statusCounters.flatMap(({ from, ...counter }) => {
    const value = from.map((name) => status.get(name.toLowerCase())).find((found) => found !== undefined)
    return value === undefined || !Number.isFinite(value) ? [] : [{ ...counter, value }]
  })
}

import type { ServerCounter } from '../port.ts'
import type { PostgresConnections } from './connection.ts'

const sql = `select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint as written,
  (pg_current_wal_lsn() - redo_lsn)::bigint as age from pg_control_checkpoint()`

/**
 * Where the server's log stands, for all of its databases. Page reads and fsyncs are left out: backends
 * tell of theirs once a second at most, so that they cannot be put down to the inserts of some milliseconds.
 */
export async function readPostgresCounters(connections: PostgresConnections): Promise<ServerCounter[]> {
  const [row] = await connections.withSession((session) => session.query({ sql, parameters: [] }))
  return [
    { name: 'log written', value: Number(row?.['written']), kind: 'total', unit: 'bytes' },
    { name: 'checkpoint age', value: Number(row?.['age']), kind: 'level', unit: 'bytes' },
  ]
}

import type { ServerCounter } from '../port.ts'
import type { PostgresConnections, PostgresSession } from './connection.ts'

interface Source extends Omit<ServerCounter, 'value'> {
  readonly sql: string
}

/** From this version on a session can be told to pass on at once what it has counted. */
const flushSince = 150_000
/** From this version on, checkpoints are counted in a view of their own. */
const checkpointerSince = 170_000

const log: readonly Source[] = [
  {
    name: 'log written',
    kind: 'total',
    unit: 'bytes',
    sql: "pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')",
  },
  {
    name: 'checkpoint age',
    kind: 'level',
    unit: 'bytes',
    sql: 'pg_current_wal_lsn() - (select redo_lsn from pg_control_checkpoint())',
  },
]

/** A database that is dropped takes with it what it had counted, so that a sum over all of them would fall. */
const pageReads: Source = {
  name: 'page reads',
  kind: 'total',
  unit: 'pages',
  sql: '(select sum(blks_read) from pg_stat_database where datname = current_database() or datid = 0)',
}

/**
 * Only an extension counts them; `schema` is where it was made. It forgets the statements of a full server that came least,
 * with all that they had counted: those of other databases, whose sum would fall, are left out.
 */
function dirtied(schema: string): Source {
  return {
    name: 'pages dirtied',
    kind: 'total',
    unit: 'pages',
    sql: `(select sum(shared_blks_dirtied) from ${schema}.pg_stat_statements join pg_database d on d.oid = dbid
      where d.datname = current_database())`,
  }
}

/** The extension's settings are there once it is loaded, which it need not be to have been made. */
const whatThereIs = `select current_setting('server_version_num') as version,
  (select quote_ident(nspname) from pg_extension join pg_namespace n on n.oid = extnamespace
    where extname = 'pg_stat_statements' and has_schema_privilege(n.oid, 'usage')
      and current_setting('pg_stat_statements.max', true) is not null) as schema`

function writes(version: number): Source[] {
  const [pages, checkpoints] =
    version < checkpointerSince
      ? [
          '(select buffers_checkpoint + buffers_clean + buffers_backend from pg_stat_bgwriter)',
          '(select checkpoints_timed + checkpoints_req from pg_stat_bgwriter)',
        ]
      : [
          '(select buffers_written from pg_stat_checkpointer) + (select buffers_clean from pg_stat_bgwriter)',
          '(select num_timed + num_requested from pg_stat_checkpointer)',
        ]
  return [
    { name: 'pages written', kind: 'total', unit: 'pages', sql: pages },
    { name: 'checkpoints', kind: 'total', unit: 'checkpoints', sql: checkpoints },
  ]
}

/**
 * Reads what the server has counted for all of its databases; of pages read or dirtied, those of this one. A session passes its
 * page reads on once a second at most; those of `inserters` are made to before, which versions older than 15 cannot:
 * they have no page reads here.
 */
export async function readPostgresCounters(
  connections: PostgresConnections,
  inserters: Iterable<PostgresSession>,
): Promise<ServerCounter[]> {
  const ask = (session: PostgresSession, sql: string) => session.query({ sql, parameters: [] })
  const [found] = await connections.withSession((session) => ask(session, whatThereIs))
  const number = Number(found?.['version'])
  const flushes = number >= flushSince
  if (flushes) for (const session of inserters) await ask(session, 'select pg_stat_force_next_flush()')
  const schema = found?.['schema'] ?? null
  const ofExtension = schema === null ? [] : [dirtied(String(schema))]
  const sources = [...(flushes ? [pageReads] : []), ...ofExtension, ...writes(number), ...log]
  const columns = sources.map(({ sql }, index) => `(${sql})::bigint as c${index}`).join(', ')
  const [row] = await connections.withSession((session) => ask(session, `select ${columns}`))
  return sources.map(({ name, kind, unit }, index) => ({ name, kind, unit, value: Number(row?.[`c${index}`]) }))
}

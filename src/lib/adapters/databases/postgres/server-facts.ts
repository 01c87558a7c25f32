import { formatBytes } from '../../../base/format.ts'
import type { AnyTable, Value, ServerCounter } from '../../../ports/database.ts'
import { connectedOf, describeTable } from '../server-facts.ts'
import type { PostgresConnections, PostgresSession } from './connection.ts'
import type { ServerFacts } from '../../../ports/database-facts.ts'

/** The most important first. */
const settingNames = [
  'shared_buffers',
  'max_wal_size',
  'checkpoint_timeout',
  'checkpoint_completion_target',
  'min_wal_size',
  'wal_buffers',
  'wal_compression',
  'default_transaction_isolation',
  'effective_cache_size',
  'work_mem',
  'maintenance_work_mem',
  'autovacuum',
  'huge_pages',
  'data_checksums',
  'block_size',
  'max_connections',
]

const ownSchema = 'n.nspname = current_schema()'

/** A table or an index with its partitions, and theirs: what is divided is empty itself. */
const withPartitions = (oid: string) => `with recursive partitions (oid) as (
    select ${oid} union all select h.inhrelid from pg_inherits h join partitions on h.inhparent = partitions.oid)`

/** Rows are unknown where a partition was never analyzed. */
const tablesSql = `select c.relname as name,
    (${withPartitions('c.oid')} select case when min(p.reltuples) >= 0 then sum(p.reltuples::bigint)::bigint end
      from partitions join pg_class p on p.oid = partitions.oid where p.relkind <> 'p') as row_count,
    (${withPartitions('c.oid')} select sum(pg_table_size(oid)) from partitions) as bytes,
    (${withPartitions('c.oid')} select sum(pg_indexes_size(oid)) from partitions) as index_bytes
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where ${ownSchema} and c.relkind in ('r', 'p') and c.relname = any($1)`

const indexesSql = `select t.relname as of_table, i.relname as name,
    (${withPartitions('i.oid')} select sum(pg_relation_size(oid)) from partitions) as bytes
  from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
    join pg_namespace n on n.oid = t.relnamespace
  where ${ownSchema} and t.relname = any($1) order by i.relname`

/** Processes of the server have no database. A user without the right to see what others do sees who they are, and their programs. */
const othersSql = `select coalesce(usename, 'unknown') || coalesce(' (' || nullif(application_name, '') || ')', '') as who,
    count(*)::int as connections
  from pg_stat_activity where datid is not null and usesysid is not null and not pid = any($1) group by 1 order by 2 desc, 1`

const serverSql = `select pg_is_in_recovery() as is_standby, (select count(*)::int from pg_stat_replication) as standbys,
    (select count(*)::int from pg_replication_slots) as slots`

/** Needs the role pg_monitor. */
const logSql = 'select sum(size) as log from pg_ls_waldir()'

/** Asks the server. `own` are the processes of our sessions. */
export async function readPostgresFacts(
  connections: PostgresConnections,
  tables: readonly AnyTable[],
  own: readonly number[],
): Promise<ServerFacts> {
  const { ask } = connections
  const names = tables.map(({ name }) => name)
  const settings = await ask('select name, current_setting(name) as value from pg_settings where name = any($1)', [
    settingNames,
  ])
  const found = new Map(settings.map(({ name, value }) => [String(name), String(value)]))
  const indexes = await ask(indexesSql, [names])
  const [server = {}] = await ask(serverSql)
  const [{ log = null } = {}] = await ask(logSql).catch(() => [])
  return {
    settings: {
      ...Object.fromEntries(settingNames.flatMap((name) => (found.has(name) ? [[name, found.get(name) ?? '']] : []))),
      ...(log === null ? {} : { 'log on disk': formatBytes(Number(log)) }),
    },
    tables: (await ask(tablesSql, [names])).map((row) => describeTable(row, indexes)),
    replication: describeReplication(server),
    others: connectedOf(await ask(othersSql, [own])),
  }
}

type Row = Readonly<Record<string, Value>>

function describeReplication({ is_standby: isStandby, standbys, slots }: Row): string {
  const own = isStandby ? ['itself a standby'] : []
  const followers = Number(standbys) === 0 ? 'no standby connected' : `${String(standbys)} standbys connected`
  return [...own, followers, ...(Number(slots) > 0 ? [`${String(slots)} replication slots`] : [])].join(', ')
}

interface Source extends Omit<ServerCounter, 'value'> {
  readonly sql: string
}

/** From this version on a session can be told to pass on at once what it has counted. */
const flushSince = 150_000
/** From this version on, a view counts the syncs of the log. */
const logSyncsSince = 140_000
/** From this version on, one view counts what is written by whichever process. */
const ioSince = 160_000
/** From this version on, checkpoints are counted in a view of their own. */
const checkpointerSince = 170_000
/** From this version on, that view counts bytes instead of pages, and the log as well. */
const ioBytesSince = 180_000

const log: readonly Source[] = [
  { name: 'log written', kind: 'total', unit: 'bytes', sql: "pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')" },
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
    // Without their texts, which are in a file.
    sql: `(select sum(shared_blks_dirtied) from ${schema}.pg_stat_statements(false) join pg_database d on d.oid = dbid
      where d.datname = current_database())`,
  }
}

/** Counts of the sessions in this database, which a session passes on as it does its page reads. */
const sessions: readonly Source[] = [
  { name: 'rows read', kind: 'total', unit: 'rows', sql: ofDatabase('tup_returned') },
  { name: 'deadlocks', kind: 'total', unit: 'deadlocks', rare: true, sql: ofDatabase('deadlocks') },
  {
    name: 'waiting for locks',
    kind: 'level',
    unit: 'transactions',
    rare: true,
    sql: '(select count(distinct pid) from pg_locks where not granted)',
  },
]

function ofDatabase(column: string): string {
  return `(select ${column} from pg_stat_database where datname = current_database())`
}

/** The extension's settings are there once it is loaded, which it need not be to have been made. */
const whatThereIs = `select current_setting('server_version_num') as version,
  (select quote_ident(nspname) from pg_extension join pg_namespace n on n.oid = extnamespace
    where extname = 'pg_stat_statements' and has_schema_privilege(n.oid, 'usage')
      and current_setting('pg_stat_statements.max', true) is not null) as schema`

/** Sources of what the server writes, as a server of that version (150018) counts it. */
export function writeSources(version: number): Source[] {
  const checkpoints =
    version < checkpointerSince
      ? '(select checkpoints_timed + checkpoints_req from pg_stat_bgwriter)'
      : '(select num_timed + num_requested from pg_stat_checkpointer)'
  const syncs: Source = { name: 'log fsyncs', kind: 'total', unit: 'fsyncs', sql: logSyncs(version) }
  const dataSyncs = "(select coalesce(sum(fsyncs), 0) from pg_stat_io where object = 'relation')"
  return [
    { name: 'pages written', kind: 'total', unit: 'pages', sql: pagesWritten(version) },
    ...(version < ioSince
      ? []
      : [{ name: 'data fsyncs', kind: 'total', unit: 'fsyncs', sql: dataSyncs } satisfies Source]),
    ...(version < logSyncsSince ? [] : [syncs]),
    { name: 'checkpoints', kind: 'total', unit: 'checkpoints', sql: checkpoints },
  ]
}

/** By sessions, the checkpointer and the background writer; a page that is added to a file is written too. */
function pagesWritten(version: number): string {
  if (version < ioSince) return '(select buffers_checkpoint + buffers_clean + buffers_backend from pg_stat_bgwriter)'
  const bytes =
    version < ioBytesSince
      ? '(coalesce(writes, 0) + coalesce(extends, 0)) * op_bytes'
      : 'coalesce(write_bytes, 0) + coalesce(extend_bytes, 0)'
  return `(select sum(${bytes}) / current_setting('block_size')::int from pg_stat_io where object = 'relation')`
}

function logSyncs(version: number): string {
  return version < ioBytesSince
    ? '(select wal_sync from pg_stat_wal)'
    : "(select sum(fsyncs) from pg_stat_io where object = 'wal')"
}

/**
 * Reads what the server has counted for all of its databases; of pages read or dirtied, those of this one. A session passes its
 * page reads on once a second at most; those of `inserters` are made to before, which versions older than 15 cannot:
 * they have no page reads here.
 */
export async function readPostgresCounters(
  connections: PostgresConnections,
  inserters: Iterable<PostgresSession>,
  { cheap }: { readonly cheap: boolean },
): Promise<ServerCounter[]> {
  const ask = (session: PostgresSession, sql: string) => session.query({ sql, parameters: [] })
  const [found] = await connections.withSession((session) => ask(session, whatThereIs))
  const number = Number(found?.['version'])
  const flushes = number >= flushSince
  if (flushes) for (const session of inserters) await ask(session, 'select pg_stat_force_next_flush()')
  const schema = found?.['schema'] ?? null
  // A full extension has thousands of statements to go through.
  const ofExtension = schema === null || cheap ? [] : [dirtied(String(schema))]
  const sources = [...(flushes ? [pageReads] : []), ...ofExtension, ...writeSources(number), ...log, ...sessions]
  const columns = sources.map(({ sql }, index) => `(${sql})::bigint as c${index}`).join(', ')
  const [row] = await connections.withSession((session) => ask(session, `select ${columns}`))
  return sources.map(({ sql: _sql, ...counter }, index) => ({ ...counter, value: Number(row?.[`c${index}`]) }))
}

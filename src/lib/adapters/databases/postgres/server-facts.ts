import { formatBytes } from '../../../base/format.ts'
import type { AnyTable, Value } from '../../../ports/database.ts'
import { bytesOf, connectedOf } from '../server-facts.ts'
import type { PostgresConnections } from './connection.ts'
import type { ServerFacts, TableFacts } from '../../../ports/database-facts.ts'

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

const schema = 'n.nspname = current_schema()'

/** A table or an index with its partitions, and theirs: what is divided is empty itself. */
const partsOf = (oid: string) => `with recursive parts (oid) as (
    select ${oid} union all select h.inhrelid from pg_inherits h join parts on h.inhparent = parts.oid)`

/** Rows are unknown where a part was never analyzed. */
const tablesSql = `select c.relname as name,
    (${partsOf('c.oid')} select case when min(p.reltuples) >= 0 then sum(p.reltuples::bigint)::bigint end
      from parts join pg_class p on p.oid = parts.oid where p.relkind <> 'p') as rows,
    (${partsOf('c.oid')} select sum(pg_table_size(oid)) from parts) as bytes,
    (${partsOf('c.oid')} select sum(pg_indexes_size(oid)) from parts) as index_bytes
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where ${schema} and c.relkind in ('r', 'p') and c.relname = any($1)`

const indexesSql = `select t.relname as table, i.relname as name,
    (${partsOf('i.oid')} select sum(pg_relation_size(oid)) from parts) as bytes
  from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
    join pg_namespace n on n.oid = t.relnamespace
  where ${schema} and t.relname = any($1) order by i.relname`

/** Processes of the server have no database. Whoever has no right to see what others do sees that they are there, and which program they run. */
const othersSql = `select coalesce(usename, 'unknown') || coalesce(' (' || nullif(application_name, '') || ')', '') as who,
    count(*)::int as connections
  from pg_stat_activity where datid is not null and usesysid is not null and not pid = any($1) group by 1 order by 2 desc, 1`

const serverSql = `select pg_is_in_recovery() as is_standby, (select count(*)::int from pg_stat_replication) as standbys,
    (select count(*)::int from pg_replication_slots) as slots`

/** Whoever monitors servers may ask it. */
const logSql = 'select sum(size) as log from pg_ls_waldir()'

/** Asks the server. `own` are the processes of our sessions. */
export async function readPostgresFacts(
  connections: PostgresConnections,
  tables: readonly AnyTable[],
  own: readonly number[],
): Promise<ServerFacts> {
  const ask = (sql: string, parameters: readonly unknown[] = []) =>
    connections.withSession((session) => session.query({ sql, parameters: parameters as Value[] }))
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

function describeTable({ name, rows, bytes, index_bytes: indexBytes }: Row, indexes: readonly Row[]): TableFacts {
  return {
    name: String(name),
    rows: bytesOf(rows),
    bytes: bytesOf(bytes),
    indexBytes: bytesOf(indexBytes),
    indexes: indexes
      .filter((index) => index['table'] === name)
      .map((index) => ({ name: String(index['name']), bytes: bytesOf(index['bytes']) })),
  }
}

function describeReplication({ is_standby: isStandby, standbys, slots }: Row): string {
  const own = isStandby ? ['itself a standby'] : []
  const followers = Number(standbys) === 0 ? 'no standby connected' : `${String(standbys)} standbys connected`
  return [...own, followers, ...(Number(slots) > 0 ? [`${String(slots)} replication slots`] : [])].join(', ')
}

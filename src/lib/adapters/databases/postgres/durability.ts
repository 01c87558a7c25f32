import { judgeDurability } from '../durability.ts'
import type { PostgresConnections } from './connection.ts'
import type { Durability } from '../../../ports/database-facts.ts'

/** Settings and facts that decide the durability of a commit. */
export interface PostgresCommitFacts {
  /** Settings by name, as SHOW writes them in a session of ours. */
  readonly settings: Readonly<Record<string, string>>
  /** The result of `version()`, which names the server's system. */
  readonly version: string
  /** Tables of ours that are not in the log. */
  readonly unlogged: readonly string[]
}

const settingNames = [
  'fsync',
  'synchronous_commit',
  'synchronous_standby_names',
  'full_page_writes',
  'wal_sync_method',
  'wal_level',
] as const

/** Asks the server, in one round trip. */
export async function readPostgresDurability(connections: PostgresConnections): Promise<Durability> {
  const columns = settingNames.map((name) => `current_setting('${name}') as ${name}`)
  const unlogged =
    "select string_agg(c.relname, ', ' order by c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace " +
    "where n.nspname = current_schema() and c.relkind = 'r' and c.relpersistence = 'u' and obj_description(c.oid, 'pg_class') like 'rushbench:%'"
  const sql = `select ${columns.join(', ')}, version() as version, (${unlogged}) as unlogged`
  const [row = {}] = await connections.ask(sql)
  const found = row['unlogged'] ?? null
  return judgePostgres({
    settings: Object.fromEntries(settingNames.map((name) => [name, String(row[name])])),
    version: String(row['version']),
    unlogged: found === null ? [] : String(found).split(', '),
  })
}

/**
 * Checks all settings against each other. Their meaning is in
 * https://www.postgresql.org/docs/current/runtime-config-wal.html, what systems do with their disks' caches in
 * https://www.postgresql.org/docs/current/wal-reliability.html.
 */
export function judgePostgres({ settings, version, unlogged }: PostgresCommitFacts): Durability {
  const { synchronous_standby_names: standbys = '', ...others } = settings
  return judgeDurability({ ...others, ...(standbys === '' ? {} : { synchronous_standby_names: standbys }) }, [
    settings['fsync'] === 'off' ? 'everything, and the database itself' : null,
    unlogged.length > 0 ? `all rows of unlogged tables: ${unlogged.join(', ')}` : null,
    commitRisk(settings['synchronous_commit'], standbys),
    settings['full_page_writes'] === 'off'
      ? 'pages that were half written when the power failed, unless the storage writes them whole'
      : null,
    cacheRisk(settings['wal_sync_method'], version),
  ])
}

/** All values but `off` wait for this server's own disk; those named remote_ wait for standbys as well. */
function commitRisk(commit: string | undefined, standbys: string): string | null {
  // The WAL writer is at most three of its rounds behind (https://www.postgresql.org/docs/current/wal-async-commit.html).
  if (commit === 'off') return 'the last commits, up to three times wal_writer_delay'
  if (commit === 'local' && standbys !== '')
    return 'what the synchronous standbys had not received, should one of them take over'
  return null
}

/** On macOS and Windows a file that is synced otherwise may be in the disk's cache alone. */
function cacheRisk(method: string | undefined, version: string): string | null {
  const cached = /apple-darwin|mingw|windows|visual c\+\+|msvc/i.test(version)
  return cached && method !== 'fsync_writethrough' ? "what a disk's own cache held when the power failed" : null
}

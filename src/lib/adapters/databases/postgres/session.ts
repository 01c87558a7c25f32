import type { ClientBase, QueryResult } from 'pg'
import { failure } from '../../../base/errors/errors.ts'

/**
 * Settings of every session, whatever the defaults of the server, the database and the user are. Those that a server does not
 * have are left out, and so is what `options` in the URL set: that was asked for. synchronous_commit is the server's
 * choice, which is read and told.
 */
const wanted: readonly (readonly [name: string, value: string])[] = [
  ['default_transaction_isolation', 'read committed'],
  ['default_transaction_read_only', 'off'],
  ['default_transaction_deferrable', 'off'],
  // They would end statements and sessions that a full disk or a lock only makes wait.
  ['statement_timeout', '0'],
  ['transaction_timeout', '0'],
  ['idle_in_transaction_session_timeout', '0'],
  ['idle_session_timeout', '0'],
  ['TimeZone', 'UTC'],
  ['client_encoding', 'UTF8'],
  ['standard_conforming_strings', 'on'],
  // Neither triggers nor references are looked at by a session that takes itself for a replica.
  ['session_replication_role', 'origin'],
]

const list = wanted.map(([name, value]) => `('${name}', '${value}')`).join(', ')

/** Those that are otherwise than wanted; CockroachDB isolates as it is told for the whole cluster. */
const others = `from (values ${list}) as wanted (name, value) join pg_settings s on lower(s.name) = lower(wanted.name)
  where s.setting <> wanted.value and s.source is distinct from 'client'
    and not (version() like 'CockroachDB%' and wanted.name = 'default_transaction_isolation')`

/** Without a schema to make tables in, it is the one that every database has, unless the URL asks for another. */
const prepare = `select set_config(wanted.name, wanted.value, false) ${others}
    and (s.context = 'user' or current_setting('is_superuser', true) = 'on');
select set_config('search_path', 'public', false) where current_schema() is null;
select wanted.name || ' is ' || s.setting || ', and not ' || wanted.value as reason ${others}
union all select 'search_path names no schema that is there' where current_schema() is null`

/** Settings that PgBouncer restores for a client on every session (https://www.pgbouncer.org/config.html#track_extra_parameters). */
const kept = "'timezone', 'client_encoding', 'standard_conforming_strings'"

/** Leaves the search path as it is. */
const prepareOnPath = prepare.replace(/select set_config\('search_path'.*?;\n/, '')

/** Behind a pooler the rest would be set for somebody else: the user or the database has to have it. */
const preparePooled = prepareOnPath.replace(/^(.*?);/s, `$1 and lower(wanted.name) in (${kept});`)

/** Demands on a session beside the common settings. */
interface SessionNeeds {
  readonly isPooled?: boolean
  /** Schemas that the URL asks for; null where it asks for none. */
  readonly schemas?: readonly string[] | null
}

/**
 * Gives a new session what ours rest on, and looks whether it has it, in one round trip, and one more where the URL names
 * schemas. Throws `session-unfit`, `schema-missing`.
 */
export async function prepareSession(
  client: ClientBase,
  url: string,
  { isPooled = false, schemas = null }: SessionNeeds = {},
): Promise<void> {
  if (schemas) await requireSchema(client, url, schemas)
  const sql = isPooled ? preparePooled : schemas ? prepareOnPath : prepare
  const results = (await client.query(sql)) as unknown as QueryResult<{ reason: string }>[]
  const reasons = results.at(-1)?.rows.map(({ reason }) => reason) ?? []
  if (reasons.length > 0) throw failure('session-unfit', { url, reason: reasons.join('; ') })
}

/** Stands for the schema of the user's own name, where there is one. */
const ofUser = '$user'

/**
 * Schemas that a URL asks for, in its order: by `search_path`, or by `options` as the server reads them (`-c name=value`,
 * `--name=value`, a backslash before a space that belongs to the value). Null where it asks for none.
 */
export function namedSchemas(searchPath: string | undefined, options: string | undefined): readonly string[] | null {
  const path = searchPath ?? (options === undefined ? undefined : pathIn(options))
  return path === undefined ? null : splitNames(path)
}

/** The last one counts. */
function pathIn(options: string): string | undefined {
  const words = (options.match(/(?:\\.|[^\\\s])+/gs) ?? []).map((word) => word.replaceAll(/\\(.)/gs, '$1'))
  const settings = words.flatMap((word, at) => {
    if (word === '-c') return words[at + 1] ?? []
    return word.startsWith('-c') || word.startsWith('--') ? word.slice(2) : []
  })
  return settings.map((setting) => /^search[_-]path=(.*)$/is.exec(setting)?.[1]).findLast((path) => path !== undefined)
}

/** As PostgreSQL reads a list of names: in lower case unless they stand in quotes. */
function splitNames(path: string): string[] {
  return (path.match(/(?:"(?:[^"]|"")*"|[^,"])+/g) ?? [])
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map((name) => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase()))
}

/**
 * Throws `schema-missing` unless the session works in the first of these schemas: tables of another one would be seeded,
 * or dropped, in its stead.
 */
async function requireSchema(client: ClientBase, url: string, named: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ schema: string | null; role: string }>(
    'select current_schema() as schema, current_user as role',
  )
  const { schema = null, role = '' } = rows[0] ?? {}
  const first = named.find((name) => name !== ofUser) ?? null
  const isOfUser = named[0] === ofUser && schema === role
  if (schema === null || (schema !== first && !isOfUser)) throw failure('schema-missing', { url, schema: first })
}

import type { StatementStatistics } from '../../../ports/database-facts.ts'
import type { PostgresConnections } from './connection.ts'

/** From this version on planning is counted apart, and the time of execution is called so. */
const executionTimeSince = 130_000

/** Where the extension is, and what keeps it from telling anything. */
const stateSql = `select current_setting('server_version_num')::int as version,
  current_setting('pg_stat_statements.max', true) is not null as is_loaded,
  current_setting('pg_stat_statements.track', true) as track,
  (select quote_ident(nspname) from pg_extension join pg_namespace n on n.oid = extnamespace
    where extname = 'pg_stat_statements') as schema,
  coalesce((select has_schema_privilege(extnamespace, 'usage') from pg_extension
    where extname = 'pg_stat_statements'), false) as may_enter,
  quote_ident(current_user) as user_name`

/** Statistics of the extension pg_stat_statements, of this database. A user sees its own statements, and with pg_read_all_stats all. */
export function createPostgresStatements(connections: PostgresConnections): StatementStatistics {
  const { ask } = connections

  async function readState() {
    const [state = {}] = await ask(stateSql)
    return { state, version: Number(state['version']), view: `${String(state['schema'])}.pg_stat_statements` }
  }

  return {
    async unavailable() {
      const { state } = await readState()
      const { is_loaded: isLoaded, track, schema, may_enter: mayEnter, user_name: user } = state
      if (!isLoaded) {
        return "pg_stat_statements is not loaded: set shared_preload_libraries = 'pg_stat_statements', restart the server, and CREATE EXTENSION pg_stat_statements in this database"
      }
      if (schema === null) return 'this database lacks the extension: CREATE EXTENSION pg_stat_statements'
      if (!mayEnter) {
        return `this user may not read pg_stat_statements: GRANT USAGE ON SCHEMA ${String(schema)} TO ${String(user)}`
      }
      return track === 'none' ? "pg_stat_statements.track is 'none': set it to 'top'" : null
    },
    async counts() {
      const { version, view } = await readState()
      const time = version < executionTimeSince ? 'total_time' : 'total_exec_time'
      // Without their texts, which are in a file.
      const rows =
        await ask(`select queryid::text as id, sum(calls)::float8 as calls, sum(${time}) as ms, sum(rows)::float8 as rows
        from ${view}(false) where queryid is not null and dbid = (select oid from pg_database where datname = current_database())
        group by queryid`)
      return rows.map(({ id, calls, ms, rows: found }) => ({
        id: String(id),
        kind: String(id),
        calls: Number(calls),
        ms: Number(ms),
        rows: Number(found),
      }))
    },
    async texts(ids) {
      const { view } = await readState()
      const sql = `select queryid::text as id, min(query) as text from ${view} where queryid::text = any($1)
        and dbid = (select oid from pg_database where datname = current_database()) group by queryid`
      return new Map((await ask(sql, [ids])).map(({ id, text }) => [String(id), String(text)]))
    },
  }
}

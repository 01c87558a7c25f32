import { RushbenchError } from '../../../base/errors/errors.ts'
import type { StatementCount, StatementStatistics } from '../../../ports/database-facts.ts'
import type { MysqlConnections } from './connection.ts'
import type { MysqlFlavour } from './flavour.ts'

const stateSql = `select @@global.performance_schema as is_on, current_user() as user_name,
  (select enabled from performance_schema.setup_consumers where name = 'statements_digest') as digests`

/** Picoseconds, as performance_schema counts them. */
const perMs = 1e9

const columns = (kind: string, id: string, time: string, calls: string): string =>
  `${kind} as kind, ${id} as id, ${calls} as calls, ${time} / ${perMs} as ms, sum_rows_sent + sum_rows_affected as found`

/** Statements that were sent as texts; one row has what no longer had a place of its own. */
const sentSql = `select ${columns('digest', 'digest', 'sum_timer_wait', 'count_star')}
  from performance_schema.events_statements_summary_by_digest where schema_name = database() and digest is not null`

/** Prepared ones, of sessions that are still open. */
const preparedSql = `select ${columns('md5(sql_text)', "concat(owner_thread_id, ':', statement_id)", 'sum_timer_execute', 'count_execute')}
  from performance_schema.prepared_statements_instances join performance_schema.threads on thread_id = owner_thread_id
  where processlist_db = database()`

/** MariaDB counts prepared ones together only, of all databases. */
const togetherSql = `select ${columns("'together'", "'together'", 'sum_timer_wait', 'count_star')}
  from performance_schema.events_statements_summary_global_by_event_name where event_name = 'statement/com/Execute'`

/** Numbers and texts, also one that is cut off. */
const values = /\b\d[\w.]*|"(?:[^"\\]|\\.)*(?:"|$)|'(?:[^'\\]|\\.)*(?:'|$)/g

const together = '(all prepared statements, which MariaDB does not tell apart)'

/** Statistics of performance_schema, of this database. */
export function createMysqlStatements(
  { ask }: MysqlConnections,
  { name }: Pick<MysqlFlavour, 'name'>,
): StatementStatistics {
  const isMariadb = name === 'mariadb'
  const prepared = createPreparedCounts(ask)

  /** A prepared text is kept as it was sent. The server writes it without its values unless it was cut off, or is too long. */
  async function normalise(text: string): Promise<string> {
    const [row] = await ask('select statement_digest_text(?) as text', [text]).catch(() => [])
    return row ? String(row['text']) : text.replaceAll(values, '?')
  }

  return {
    ...(isMariadb ? {} : { forgetsSessions: true }),
    async unavailable() {
      const [schema] = await ask('select @@global.performance_schema as is_on, current_user() as user_name')
      if (Number(schema?.['is_on']) !== 1) {
        return 'performance_schema is off: start the server with performance_schema=ON'
      }
      try {
        const [state] = await ask(stateSql)
        if (state?.['digests'] !== 'YES') {
          return "the server counts no statements: UPDATE performance_schema.setup_consumers SET enabled = 'YES' WHERE name = 'statements_digest'"
        }
        await ask(`${sentSql} limit 0`)
        return null
      } catch (error) {
        if (!(error instanceof RushbenchError) || error.code !== 'right-missing') throw error
        const user = String(schema?.['user_name']).split('@')
        return `this user may not read them: GRANT SELECT ON performance_schema.* TO ${user.map((part) => `'${part}'`).join('@')}`
      }
    },
    async counts() {
      const sent = (await ask(sentSql)).map(toCount)
      return [...sent, ...(isMariadb ? (await ask(togetherSql)).map(toCount) : await prepared.read())]
    },
    async texts(kinds) {
      if (kinds.length === 0) return new Map()
      const list = kinds.map(() => '?').join(', ')
      const sent = await ask(
        `select digest as kind, digest_text as text from performance_schema.events_statements_summary_by_digest
         where digest in (${list})`,
        kinds,
      )
      const texts = new Map(sent.map(({ kind, text }): [string, string] => [String(kind), String(text)]))
      if (isMariadb) return texts.set('together', together)
      for (const kind of kinds) {
        const text = prepared.texts.get(kind)
        if (text !== undefined) texts.set(kind, await normalise(text))
      }
      return texts
    },
  }
}

type Ask = MysqlConnections['ask']

function toCount(row: Awaited<ReturnType<Ask>>[number]): StatementCount {
  return {
    id: String(row['id']),
    kind: String(row['kind']),
    calls: Number(row['calls']),
    ms: Number(row['ms']),
    rows: Number(row['found']),
  }
}

/** Statements of sessions that are remembered, at most. */
const mostRemembered = 20_000

/** Counts of prepared statements, which the server forgets with their sessions; the last that was read of them is kept. */
function createPreparedCounts(ask: Ask) {
  const counts = new Map<string, StatementCount>()
  const texts = new Map<string, string>()
  return {
    texts,
    async read(): Promise<StatementCount[]> {
      for (const count of (await ask(preparedSql)).map(toCount)) counts.set(count.id, count)
      for (const id of counts.keys()) if (counts.size > mostRemembered) counts.delete(id)
      const unknown = [...new Set([...counts.values()].map(({ kind }) => kind))].filter((kind) => !texts.has(kind))
      if (unknown.length > 0) {
        const list = unknown.map(() => '?').join(', ')
        const found = await ask(
          `select distinct md5(sql_text) as kind, sql_text as text
           from performance_schema.prepared_statements_instances where md5(sql_text) in (${list})`,
          unknown,
        )
        for (const { kind, text } of found) texts.set(String(kind), String(text))
      }
      return [...counts.values()]
    },
  }
}

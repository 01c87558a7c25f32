import { Client, type ClientConfig } from 'pg'
import { ignoreFailure } from '../../../base/abort.ts'
import type { LockHolder } from '../waits.ts'

/** A session that keeps a lock; what its user may not see is null. */
interface HoldingSession {
  /** 0 for a transaction that was prepared, and belongs to no session. */
  readonly session: number
  readonly who: string | null
  readonly program: string | null
  readonly state: string | null
  readonly seconds: number | null
}

const connectWithinMs = 2000

/** Holders of locks that our sessions ($1) wait for; one that does not wait itself comes first. */
const findSql = `select w.session, b.usename as who, b.application_name as program, b.state,
    floor(extract(epoch from clock_timestamp() - b.state_change))::int as seconds
  from (select unnest(pg_blocking_pids(pid)) as session from pg_stat_activity
        where pid = any($1::int[]) and wait_event_type = 'Lock') w
  left join pg_stat_activity b on b.pid = w.session
  where w.session <> all($1::int[])
  order by b.wait_event_type = 'Lock' nulls first, b.xact_start limit 1`

/** Finds the holder of a lock that one of the sessions `own` waits for; null when none waits. On a connection of its own. */
export async function findPostgresHolder(options: ClientConfig, own: ReadonlySet<number>): Promise<LockHolder | null> {
  if (own.size === 0) return null
  const client = new Client({ ...options, connectionTimeoutMillis: connectWithinMs })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<HoldingSession>(findSql, [[...own]])
    return rows[0] ? describeHolder(rows[0]) : null
  } finally {
    // A server that says no more is not waited for.
    void ignoreFailure(client.end())
  }
}

export function describeHolder({ session, who, program, state, seconds }: HoldingSession): LockHolder {
  const common = { lock: 'the lock', isSure: true }
  if (session === 0)
    return { ...common, name: 'a prepared transaction', about: 'pg_prepared_xacts lists it', end: null }
  const user = who === null ? [] : [`user ${who}${program ? ` with ${program}` : ''}`]
  const doing = state === null ? [] : [`${state === 'active' ? 'in a statement' : state} for ${seconds ?? 0} s`]
  return {
    ...common,
    name: `session ${session}`,
    about: [...user, ...doing].join(', '),
    end: `select pg_terminate_backend(${session})`,
  }
}

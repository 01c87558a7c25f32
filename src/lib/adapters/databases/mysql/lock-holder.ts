import { setTimeout as sleep } from 'node:timers/promises'
import { createConnection, type ConnectionOptions, type RowDataPacket } from 'mysql2/promise'
import type { Value } from '../../../ports/database.ts'
import type { LockHolder } from '../waits.ts'

type Row = Readonly<Record<string, Value>>

/** Asks the server; a list of numbers is one parameter. */
export type Ask = (sql: string, ...parameters: readonly (number | readonly number[])[]) => Promise<readonly Row[]>

const connectWithinMs = 2000

/** Waits for rows: MariaDB and MySQL 5.7 keep them in one table, MySQL 8 in another. The second is without a session. */
const rowWaits = (
  [
    ['information_schema.innodb_lock_waits', 'requesting_trx_id', 'blocking_trx_id'],
    ['performance_schema.data_lock_waits', 'requesting_engine_transaction_id', 'blocking_engine_transaction_id'],
  ] as const
).map(
  ([table, requesting, blocking]) =>
    `select holding.trx_mysql_thread_id as session from ${table} w
     join information_schema.innodb_trx waiting on waiting.trx_id = w.${requesting}
     join information_schema.innodb_trx holding on holding.trx_id = w.${blocking}
     where waiting.trx_mysql_thread_id in (?) and holding.trx_mysql_thread_id not in (?)
     order by holding.trx_state = 'LOCK WAIT', holding.trx_started limit 1`,
)

/** Sessions that may keep a table's definition locked: as the server tells, with its plugin, or by what they have open. */
const tableHolders = [
  `select t.processlist_id as session from performance_schema.metadata_locks l
   join performance_schema.threads t on t.thread_id = l.owner_thread_id
   where l.lock_status = 'GRANTED' and l.object_type = 'TABLE' and l.object_schema = database()
     and t.processlist_id not in (?) limit 1`,
  'select thread_id as session from information_schema.metadata_lock_info where table_schema = database() and thread_id not in (?) limit 1',
  'select trx_mysql_thread_id as session from information_schema.innodb_trx where trx_mysql_thread_id not in (?) order by trx_started limit 1',
]

/** How often, and after how many ms again, the server is asked: no session waits in the pause between two tries. */
const looks = 3
const askAgainMs = 150

/** Finds the holder of a lock that one of the sessions `own` waits for; null when none waits. On a connection of its own. */
export async function findMysqlHolder(
  options: ConnectionOptions,
  own: ReadonlySet<number>,
): Promise<LockHolder | null> {
  if (own.size === 0) return null
  const connection = await createConnection({ ...options, connectTimeout: connectWithinMs })
  connection.on('error', () => {})
  try {
    const ask: Ask = async (sql, ...parameters) => {
      const [rows] = await connection.query<RowDataPacket[]>(sql, [...parameters])
      return rows
    }
    for (let look = 1; ; look++) {
      const found = await askForHolder(ask, [...own])
      if (found || look === looks) return found
      await sleep(askAgainMs)
    }
  } finally {
    await connection.end()
  }
}

/** Finds the holder, asking by `ask`. */
export async function askForHolder(ask: Ask, own: readonly number[]): Promise<LockHolder | null> {
  return (await findRowHolder(ask, own)) ?? findTableHolder(ask, own)
}

async function findRowHolder(ask: Ask, own: readonly number[]): Promise<LockHolder | null> {
  for (const sql of rowWaits) {
    const rows = await ask(sql, own, own).catch(() => null)
    if (rows) return rows[0] ? describe(ask, 'the lock', Number(rows[0]['session']), true) : null
  }
  // A user who may not see transactions may see that somebody waits for a row.
  const [status] = await ask("show global status like 'Innodb_row_lock_current_waits'")
  return Number(status?.['Value'] ?? 0) > 0 ? unseen('a lock, as it seems') : null
}

async function findTableHolder(ask: Ask, own: readonly number[]): Promise<LockHolder | null> {
  const [waiting] = await ask(
    "select id from information_schema.processlist where id in (?) and state like 'Waiting for % lock' limit 1",
    own,
  )
  if (!waiting) return null
  for (const sql of tableHolders) {
    const [row] = await ask(sql, own).catch(() => [])
    if (row) return describe(ask, "a table's lock", Number(row['session']), false)
  }
  return unseen("a table's lock")
}

function unseen(lock: string): LockHolder {
  return { lock, name: null, about: 'the right PROCESS may show whose', isSure: false, end: null }
}

async function describe(ask: Ask, lock: string, session: number, isSure: boolean): Promise<LockHolder> {
  // What a killed session had begun is rolled back without one; so is a transaction that was only prepared (XA).
  if (session === 0)
    return { lock, name: 'a transaction without a session', about: 'being rolled back, or prepared', isSure, end: null }
  const [row] = await ask(
    'select user as who, command as command, time as seconds from information_schema.processlist where id = ?',
    session,
  )
  const state = row?.['command'] === 'Sleep' ? 'idle in transaction' : 'in a statement'
  const about = row ? `user ${String(row['who'])}, ${state} for ${String(row['seconds'])} s` : ''
  return { lock, name: `session ${session}`, about, isSure, end: `kill ${session}` }
}

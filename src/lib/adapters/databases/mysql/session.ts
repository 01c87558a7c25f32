import type { Connection, RowDataPacket } from 'mysql2/promise'
import { failure } from '../../../base/errors/errors.ts'
import { isVitess } from './flavour.ts'

/**
 * Settings of every session, whatever the server's defaults are. Those that a server does not have are left out. Timeouts
 * would end statements that a full disk or a lock only makes wait; what does not fit is an error instead of being cut to
 * fit; a backslash escapes, as mysql2 takes for granted when it writes values into a statement.
 */
const wanted: Readonly<Record<string, string | bigint>> = {
  autocommit: 'ON',
  sql_mode: 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
  // MySQL names it transaction_isolation, MariaDB before 11.1 tx_isolation.
  transaction_isolation: 'REPEATABLE-READ',
  tx_isolation: 'REPEATABLE-READ',
  transaction_read_only: 'OFF',
  tx_read_only: 'OFF',
  completion_type: 'NO_CHAIN',
  foreign_key_checks: 'ON',
  unique_checks: 'ON',
  check_constraint_checks: 'ON',
  time_zone: '+00:00',
  character_set_client: 'utf8mb4',
  character_set_connection: 'utf8mb4',
  character_set_results: 'utf8mb4',
  sql_auto_is_null: 'OFF',
  sql_safe_updates: 'OFF',
  sql_big_selects: 'ON',
  // MySQL 8 would tell of sizes as they were up to a day ago.
  information_schema_stats_expiry: 0n,
  max_statement_time: 0n,
  max_execution_time: 0n,
  idle_transaction_timeout: 0n,
  idle_write_transaction_timeout: 0n,
}

/** Alone and first, because it would cut off what SHOW answers. */
const noLimit = 'set session sql_select_limit = 18446744073709551615'

/** Settings that Vitess takes; its gateway shows the variables of a shard, and not those of the session. */
const wantedOfVitess = "set session autocommit = 1, sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'"

/**
 * Gives a new session what ours rest on, and looks whether it has it: two round trips where it had it all, four where
 * it had not. Throws `session-unfit`, and what mysql2 throws.
 */
export async function prepareSession(connection: Pick<Connection, 'query'>, url: string): Promise<void> {
  const ask = async (sql: string) => (await connection.query<RowDataPacket[]>(sql))[0]
  const read = () => readVariables(ask, 'session variables', ['version', ...Object.keys(wanted)])
  await connection.query(noLimit)
  const found = await read()
  if (isVitess(found.get('version') ?? '')) {
    await connection.query(wantedOfVitess)
    return
  }
  if (!found.has('autocommit')) throw failure('session-unfit', { url, reason: 'autocommit is not told' })
  const others = differing(found)
  if (others.length === 0) return
  await connection.query(`set ${others.map((name) => `session ${name} = ${literal(wanted[name] ?? '')}`).join(', ')}`)
  const after = await read()
  const kept = differing(after).map((name) => `${name} is ${after.get(name)}, and not ${wanted[name]}`)
  if (kept.length > 0) throw failure('session-unfit', { url, reason: kept.join('; ') })
}

/** Reads variables by their names in lower case; those that the server does not have are left out. */
export async function readVariables(
  ask: (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>,
  kind: 'session variables' | 'global variables' | 'global status',
  names: readonly string[],
): Promise<Map<string, string>> {
  const rows = await ask(`show ${kind} where variable_name in (${names.map((name) => `'${name}'`).join(', ')})`)
  return new Map(rows.map((row) => [String(row['Variable_name']).toLowerCase(), String(row['Value'])]))
}

/** Names of wanted settings that the server has with another value. */
function differing(found: ReadonlyMap<string, string>): string[] {
  return Object.entries(wanted)
    .filter(([name, value]) => found.has(name) && !isSame(found.get(name) ?? '', value))
    .map(([name]) => name)
}

/** Numbers are written with or without decimals, lists in an order of the server's. */
function isSame(found: string, value: string | bigint): boolean {
  if (typeof value === 'bigint') return Number(found) === Number(value)
  return sorted(found) === sorted(value)
}

function sorted(list: string): string {
  return list.toUpperCase().split(',').sort().join()
}

function literal(value: string | bigint): string {
  return typeof value === 'bigint' ? String(value) : `'${value}'`
}

import { judgeDurability, untoldDurability } from '../durability.ts'
import type { MysqlConnections } from './connection.ts'
import { readVariables } from './session.ts'
import type { Durability } from '../../../ports/database-facts.ts'

/** Settings and facts that decide the durability of a commit. */
export interface MysqlCommitFacts {
  /** Variables by name, as SHOW writes them; one that the server does not have is left out. */
  readonly variables: Readonly<Record<string, string>>
  /** Nodes of a Galera cluster; 0: it is not in one. */
  readonly galeraNodes: number
  /** Tables of ours that another engine than InnoDB keeps: `seats (MEMORY)`. */
  readonly otherEngines: readonly string[]
}

const variableNames = [
  'innodb_flush_log_at_trx_commit',
  'innodb_flush_log_at_timeout',
  'log_bin',
  'sync_binlog',
  'innodb_doublewrite',
  'innodb_flush_method',
  'debug_no_sync',
] as const

/** MySQL 8's variable that says whether the redo log is written at all. */
const redoLogStatus = 'Innodb_redo_log_enabled'

/** Asks the server, in three round trips. */
export async function readMysqlDurability({ ask }: MysqlConnections, galeraNodes: number): Promise<Durability> {
  const variables = await readVariables(ask, 'global variables', variableNames)
  const status = await readVariables(ask, 'global status', [redoLogStatus])
  const tables = await ask(
    "select table_name as name, engine from information_schema.tables where table_schema = database() and table_comment like 'rushbench:%' and engine <> 'InnoDB'",
  )
  return judgeMysql({
    variables: Object.fromEntries([...variables, ...status]),
    galeraNodes,
    otherEngines: tables.map(({ name, engine }) => `${String(name)} (${String(engine)})`),
  })
}

/**
 * Checks all settings against each other. Their meaning is in
 * https://dev.mysql.com/doc/refman/8.4/en/innodb-parameters.html and
 * https://mariadb.com/docs/server/server-usage/storage-engines/innodb/innodb-system-variables. With the binary log on, a
 * commit that is in InnoDB's log but not in the binary one is rolled back at the next start, so that both have to be on
 * the disk (https://dev.mysql.com/doc/refman/8.4/en/binary-log.html).
 */
export function judgeMysql(facts: MysqlCommitFacts): Durability {
  const { variables, galeraNodes, otherEngines } = facts
  if (variables['innodb_flush_log_at_trx_commit'] === undefined) return untoldDurability(variables)
  const settings = galeraNodes > 0 ? { ...variables, servers: `Galera cluster of ${galeraNodes}` } : variables
  const together = galeraNodes > 1 ? `, should all ${galeraNodes} nodes of the cluster fail at once` : ''
  return judgeDurability(settings, [
    otherEngines.length > 0 ? `the rows of tables that InnoDB does not keep: ${otherEngines.join(', ')}` : null,
    redoRisk(variables),
    ...[logRisk(variables), binlogRisk(variables)].map((risk) => risk && `${risk}${together}`),
    doublewriteRisk(variables),
    flushMethodRisk(variables),
  ])
}

type Variables = MysqlCommitFacts['variables']

const everything = 'everything since the last checkpoint, and the database itself'

function redoRisk(variables: Variables): string | null {
  if (variables['innodb_redo_log_enabled']?.toUpperCase() === 'OFF') return everything
  return variables['debug_no_sync']?.toUpperCase() === 'ON' ? everything : null
}

/** 1 waits for the disk; so does MariaDB's 3, which waits at the prepare as well. */
function logRisk({
  innodb_flush_log_at_trx_commit: flush,
  innodb_flush_log_at_timeout: timeout = '1',
}: Variables): string | null {
  const last = timeout === '1' ? 'the last second' : `the last ${timeout} seconds`
  if (flush === '0') return last
  if (flush === '2') return `${last}, unless only the server process fails`
  return null
}

function binlogRisk({ log_bin: log, sync_binlog: every }: Variables): string | null {
  if (log?.toUpperCase() !== 'ON' || every === '1') return null
  return every === '0' || every === undefined
    ? 'what the system held back of the binary log'
    : `what the last ${every} groups of commits put into the binary log`
}

/** Only these keep a whole copy of a page while it is written; MySQL's DETECT_ONLY finds a torn page, and cannot mend it. */
function doublewriteRisk({ innodb_doublewrite: doublewrite = 'ON' }: Variables): string | null {
  return /^(on|1|detect_and_recover)$/i.test(doublewrite)
    ? null
    : 'pages that were half written when the power failed, unless the storage writes them whole'
}

function flushMethodRisk({ innodb_flush_method: method = '' }: Variables): string | null {
  if (/^(nosync|littlesync)$/i.test(method)) return everything
  return /^o_direct_no_fsync$/i.test(method) ? "data files that a disk's own cache held when the power failed" : null
}

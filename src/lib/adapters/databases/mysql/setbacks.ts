import { reasonOf } from '../../../base/errors/errors.ts'
import type { Setback } from '../setback.ts'

/**
 * MySQL's own: after 1213 a client has to begin the transaction anew, and so it is advised to after 1205, which takes back
 * the statement that waited
 * (https://dev.mysql.com/doc/refman/8.4/en/innodb-error-handling.html). Galera says 1213 as well, also at the COMMIT, of
 * a transaction that others were faster than (https://mariadb.com/docs/galera-cluster/reference/mariadb-galera-cluster-known-limitations). MariaDB takes
 * a transaction back with 1020 where innodb_snapshot_isolation is on, as it is from 11.6.2
 * (https://mariadb.com/docs/server/reference/error-codes/mariadb-error-codes-1000-to-1099/e1020).
 *
 * TiDB's (https://docs.pingcap.com/tidb/stable/error-codes): of 8002, 8022 and 8028 it says that the whole transaction
 * can be tried again safely; 8005 and 9007 are conflicts of writes; 9001 to 9005 are parts of the cluster that did not
 * answer in time, of which it does not say whether a commit went through.
 */
const byNumber: Readonly<Record<number, Setback>> = {
  1213: { kind: 'conflict', reason: 'deadlock (1213)' },
  1020: { kind: 'conflict', reason: 'record has changed (1020)' },
  8002: { kind: 'conflict', reason: 'write conflict (8002)' },
  8005: { kind: 'conflict', reason: 'write conflict (8005)' },
  8022: { kind: 'conflict', reason: 'commit rolled back (8022)' },
  8028: { kind: 'conflict', reason: 'schema has changed (8028)' },
  9007: { kind: 'conflict', reason: 'write conflict (9007)' },
  1205: { kind: 'locked', reason: 'lock wait timeout (1205)' },
  1040: { kind: 'full', reason: 'no free connection (1040)', limit: 'max_connections' },
  1203: { kind: 'full', reason: 'no free connection (1203)', limit: 'max_user_connections' },
  9001: { kind: 'busy', reason: 'PD timeout (9001)' },
  9002: { kind: 'busy', reason: 'TiKV timeout (9002)' },
  9003: { kind: 'busy', reason: 'TiKV busy (9003)' },
  9004: { kind: 'busy', reason: 'resolve lock timeout (9004)' },
  9005: { kind: 'busy', reason: 'region unavailable (9005)' },
  1290: { kind: 'refused', reason: 'read only (1290)' },
  1792: { kind: 'refused', reason: 'read only (1792)' },
  1836: { kind: 'refused', reason: 'read only (1836)' },
}

/** 1290 is said of every option that forbids a statement. */
const readOnly = /read-only/i

/**
 * What has no number of its own. Vitess's gateway says so before it has sent the statement anywhere, while a shard gets
 * a new primary (https://github.com/vitessio/vitess/blob/main/go/vt/vtgate/tabletgateway.go); a transaction that took
 * too long its tablet has rolled back (vttablet's tx killer). A Galera node that is not in its cluster's majority says
 * 1047 to every statement, and 1180 to a COMMIT that finds it so (https://mariadb.com/docs/galera-cluster/reference/wsrep-variable-details/wsrep_ready).
 */
const byText: readonly { readonly text: RegExp; readonly numbers: readonly number[]; readonly setback: Setback }[] = [
  {
    text: /max_user_connections/i,
    numbers: [1226],
    setback: { kind: 'full', reason: 'no free connection (1226)', limit: 'max_user_connections' },
  },
  {
    text: /primary is not serving|no healthy tablet available|primary is serving but initially found no available tablet/i,
    numbers: [1105],
    setback: { kind: 'refused', reason: 'no primary (1105)' },
  },
  {
    text: /keyspace is being resharded/i,
    numbers: [1105],
    setback: { kind: 'refused', reason: 'resharding (1105)' },
  },
  {
    text: /code = aborted.*transaction \d+: (ended|not found)|transaction \d+: (ended|not found)/i,
    numbers: [1105, 1317],
    setback: { kind: 'busy', reason: 'transaction ended by its tablet' },
  },
  {
    text: /not yet prepared node for application use/i,
    numbers: [1047],
    setback: { kind: 'refused', reason: 'node not ready (1047)' },
  },
  {
    text: /provider status/i,
    numbers: [1180],
    setback: { kind: 'busy', reason: 'error during commit (1180)' },
  },
]

/** What MySQL, MariaDB with Galera, TiDB and Vitess mean by an error of mysql2. */
export function findMysqlSetback(error: unknown): Setback | null {
  const { errno = 0 } = error as { errno?: number }
  const known = byNumber[errno]
  const text = reasonOf(error)
  if (known) return errno === 1290 && !readOnly.test(text) ? null : known
  return byText.find((entry) => entry.numbers.includes(errno) && entry.text.test(text))?.setback ?? null
}

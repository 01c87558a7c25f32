import type { Watch } from '../../base/progress.ts'
import type { AuditInput, Violation } from '../../ports/workload.ts'
import { auditKeys } from '../shared/audit-keys.ts'
import { askAll } from '../shared/sql-text.ts'
import { removed } from './scenarios.ts'
import { keyEnd } from './statements.ts'

/** Rows that users have stored, of all tables. */
interface StoredRows {
  /** How often each key is there. */
  readonly keys: ReadonlyMap<string, number>
  /** `table/id` of each. */
  readonly places: ReadonlySet<string>
}

/**
 * Checks rows that users have stored, which have a key in `pad`. A row that was inserted is there once; where one was removed and
 * stored again, the row at its id is one that a user has stored, if not the same, since others come after it. No row of a
 * transaction that was not committed is there.
 */
export async function* auditOltp(
  { database, ledger, openDatabaseClient }: AuditInput,
  _watch: Watch,
): AsyncGenerator<Violation> {
  const client = await openDatabaseClient()
  const names = (await database.tables()).map(({ name }) => name).filter((name) => /^sbtest\d+$/.test(name))
  const stored = await askAll(client, async (ask) => {
    const keys = new Map<string, number>()
    const places = new Set<string>()
    for (const name of names) {
      for (const { id, pad } of await ask(`select id, pad from ${name} where pad like '%${keyEnd}%'`)) {
        const key = String(pad).slice(0, String(pad).indexOf(keyEnd))
        keys.set(key, (keys.get(key) ?? 0) + 1)
        places.add(`${name.slice('sbtest'.length)}/${String(id)}`)
      }
    }
    return { keys, places } satisfies StoredRows
  })
  for await (const violation of auditKeys(ledger, stored.keys, 'its row')) {
    if (violation.kind !== 'lost') yield violation
  }
  yield* lostRows(ledger, stored)
}

async function* lostRows({ read }: AuditInput['ledger'], { keys, places }: StoredRows): AsyncGenerator<Violation> {
  const gone = new Set<string>()
  for await (const { resource, outcome } of read()) {
    if (outcome !== 'failed' && String(resource).startsWith(removed)) gone.add(String(resource).slice(removed.length))
  }
  for await (const { key, resource, outcome } of read()) {
    if (outcome !== 'booked' || keys.has(key) || String(resource).startsWith(removed)) continue
    const wasRewritten = typeof resource === 'string'
    if (wasRewritten && (places.has(resource) || gone.has(resource))) continue
    const where = wasRewritten
      ? `row ${resource} is not one that a user has stored`
      : `its row is not in sbtest${resource}`
    yield { kind: 'lost', key, detail: where }
  }
}

import type { LedgerEntries } from '../../ports/scenario.ts'
import type { Violation } from '../../ports/workload.ts'

/** How often each key is stored; those that are not there are left out. */
export type StoredKeys = ReadonlyMap<string, number>

/**
 * Holds a ledger against rows that carry its keys, `what` names such a row: acknowledged ones are there once, failed ones not at
 * all. One whose commit had no answer may be there, once.
 */
export async function* auditKeys(ledger: LedgerEntries, stored: StoredKeys, what: string): AsyncGenerator<Violation> {
  for await (const { key, outcome } of ledger.read()) {
    const times = stored.get(key) ?? 0
    if (times > 1) yield { kind: 'duplicate', key, detail: `${what} is there ${times} times` }
    else if (outcome === 'booked' && times === 0) yield { kind: 'lost', key, detail: `${what} is not there` }
    else if (outcome === 'unknown' && times === 1) {
      yield { kind: 'unknown-committed', key, detail: `${what} was stored, though its commit had no answer` }
    } else if ((outcome === 'failed' || outcome === 'conflict') && times > 0) {
      yield { kind: 'refused-committed', key, detail: `${what} was stored, though its transaction was not committed` }
    }
  }
}

/** The runs whose keys a ledger has: what stands before their first `-`. */
export async function runsIn(ledger: LedgerEntries): Promise<ReadonlySet<string>> {
  const runs = new Set<string>()
  for await (const { key } of ledger.read()) runs.add(key.slice(0, key.indexOf('-')))
  return runs
}

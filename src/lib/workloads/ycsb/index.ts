import { chunksOf } from '../../base/chunks.ts'
import type { Watch } from '../../base/progress.ts'
import type { AuditInput, Violation, Workload } from '../../ports/workload.ts'
import { auditKeys } from '../shared/audit-keys.ts'
import { seedFilling, type FillingOptions } from '../shared/seed-filling.ts'
import { createScenarios } from './scenarios.ts'
import { recordFilling, usertable, type RecordSize } from './tables.ts'

/** YCSB's core workloads. */
export const ycsb: Workload<RecordSize & FillingOptions> = {
  name: 'ycsb',
  summary: "YCSB's core workloads a to f: reads, updates, inserts and scans of records by their keys",
  needs: [],
  engines: ['sqlite', 'mysql', 'postgres', 'mongodb'],
  tables: [usertable({ fields: 10, fieldLength: 100 })],
  tablesFor: (size) => [usertable(size)],
  migrations: [],
  runsOn: { servers: 'PostgreSQL, MySQL/MariaDB or MongoDB (--db)', embedded: 'SQLite' },
  original:
    'the original, YCSB, whose own figures are those of your server: "load" and "run" with its core workloads on as many records.',
  seededTable: null,
  seeds: 'records',
  defaultMix: ['a'],
  seed: (database, options, signal) =>
    seedFilling(database, { workload: 'ycsb', tables: recordFilling(options) }, options, signal),
  scenarios: createScenarios,
  audit: auditYcsb,
}

/** Keys that are looked for at once. */
const keysAtOnce = 500

/** Checks that each record that was inserted is there, and none whose insert failed. */
async function* auditYcsb({ database, ledger }: AuditInput, _watch: Watch): AsyncGenerator<Violation> {
  const keys = new Set<string>()
  for await (const { key } of ledger.read()) keys.add(key)
  const table = usertable({ fields: 1, fieldLength: 1 })
  const stored = new Map<string, number>()
  for (const some of chunksOf([...keys], keysAtOnce)) {
    const rows = await database.store.find(table, { ycsb_key: { in: some } }, { columns: ['ycsb_key'] })
    for (const { ycsb_key: key } of rows) stored.set(key, (stored.get(key) ?? 0) + 1)
  }
  yield* auditKeys(ledger, stored, 'its record')
}

import type { Workload } from '../../ports/workload.ts'
import { seedFilling, type FillingOptions } from '../shared/seed-filling.ts'
import { auditOltp } from './audit.ts'
import { createScenarios, type OltpOptions } from './scenarios.ts'
import { sbtest, sbtestFilling } from './tables.ts'

/** sysbench's tables and its eight OLTP tests, on any SQL database. */
export const oltp: Workload<OltpOptions & FillingOptions> = {
  name: 'oltp',
  summary: "sysbench's tables and transactions: point selects, read-only, read-write, write-only and single changes",
  needs: [],
  engines: ['sqlite', 'mysql', 'postgres'],
  tables: [sbtest(1)],
  tablesFor: ({ tables }) => Array.from({ length: tables }, (_, index) => sbtest(index + 1)),
  migrations: [],
  runsOn: { servers: 'PostgreSQL or MySQL/MariaDB (--db)', embedded: 'SQLite' },
  original:
    'the original, sysbench, whose own figures are those of your server: "sysbench oltp_read_write prepare" and "run" on tables of the same size.',
  seededTable: null,
  seeds: 'rows',
  defaultMix: ['read-write'],
  seed: (database, options, signal) =>
    seedFilling(database, { workload: 'oltp', tables: sbtestFilling(options) }, options, signal),
  scenarios: createScenarios,
  audit: auditOltp,
}

import type { Workload } from '../../ports/workload.ts'
import { seedFilling, type FillingOptions } from '../shared/seed-filling.ts'
import { auditTpcb } from './audit.ts'
import { migrations } from './migrations.ts'
import { createScenarios, type TpcbOptions } from './scenarios.ts'
import { tables, tpcbFilling } from './tables.ts'

/** pgbench's tables and transactions, on any SQL database. */
export const tpcb: Workload<TpcbOptions & FillingOptions> = {
  name: 'tpcb',
  summary: "pgbench's TPC-B-like transaction, whose balances must agree with their history",
  needs: [],
  engines: ['sqlite', 'mysql', 'postgres'],
  tables,
  migrations,
  runsOn: { servers: 'PostgreSQL or MySQL/MariaDB (--db)', embedded: 'SQLite' },
  original:
    'the original, pgbench, which every PostgreSQL has: its own figures are those of your server, by "pgbench -i -s 1" and "pgbench -M prepared".',
  seededTable: null,
  seeds: 'rows',
  defaultMix: ['tpcb'],
  seed: (database, options, signal) =>
    seedFilling(database, { workload: 'tpcb', tables: tpcbFilling(options.scale) }, options, signal),
  scenarios: createScenarios,
  audit: auditTpcb,
}

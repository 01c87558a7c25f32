import type { Workload } from '../../ports/workload.ts'
import { seedFilling, type FillingOptions } from '../shared/seed-filling.ts'
import { auditTpcc } from './audit.ts'
import { tpccFigures } from './figures.ts'
import type { TpccSize } from './input.ts'
import { migrations } from './migrations.ts'
import { tpccFilling } from './population.ts'
import { createScenarios, type TpccOptions } from './scenarios.ts'
import { tables, warehouse } from './tables.ts'

/** A wholesaler with warehouses, whose terminals enter orders and payments: the tables and transactions of TPC-C. */
export const tpcc: Workload<TpccOptions & TpccSize & FillingOptions> = {
  name: 'tpcc',
  summary: 'orders and payments of a wholesaler, in the five transactions of TPC-C, sent to the database itself',
  needs: [],
  tables,
  migrations,
  engines: ['sqlite', 'mysql', 'postgres'],
  runsOn: { servers: 'PostgreSQL or MySQL/MariaDB (--db)', embedded: 'SQLite' },
  original:
    'the original, the TPC-C specification (revision 5.11), has no figures of its own, and results of it are audited: hold no figure of this workload against one of them.',
  seededTable: warehouse,
  seeds: 'rows',
  seed: (database, options, signal) =>
    seedFilling(database, { workload: 'tpcc', tables: tpccFilling(options) }, options, signal),
  scenarios: createScenarios,
  figures: tpccFigures,
  audit: auditTpcc,
}

import type { Workload } from '../../ports/workload.ts'
import { readHistory } from './history.ts'
import { migrations } from './migrations.ts'
import { createScenarios, type IsolationOptions } from './scenarios.ts'
import { engines } from './statements.ts'
import { lists, registers } from './tables.ts'

/** Transactions on lists and registers, from which it is told what isolation the database gives. */
export const isolation: Workload<IsolationOptions> = {
  name: 'isolation',
  summary: 'transactions on lists and registers that show what isolation the database really gives',
  needs: [],
  tables: [lists, registers],
  migrations,
  runsOn: { servers: 'MySQL/MariaDB or PostgreSQL (--db)', embedded: 'SQLite' },
  engines,
  original:
    'the original, the list-append and register workloads of Elle (Kingsbury and Alvaro, VLDB 2020) under Jepsen, has no figures to hold a load against: it judges what transactions saw.',
  seededTable: null,
  seeds: 'keys',
  // The first write to a key makes its row.
  async *seed() {},
  scenarios: createScenarios,
  // All that is checked follows from the history.
  async *audit() {},
  history: readHistory,
}

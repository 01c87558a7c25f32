import type { Workload } from '../../ports/workload.ts'
import { auditTickets } from './audit.ts'
import type { ScenarioOptions } from '../shared/scenarios.ts'
import { createScenarios } from './scenarios.ts'
import { migrations } from './migrations.ts'
import { lines, orders, products, rejected } from './tables.ts'

/** Shops send receipts to a webhook: in bursts, not to be trusted, and none may be lost. */
export const tickets: Workload<ScenarioOptions> = {
  name: 'tickets',
  summary: 'receipts sent to a webhook, in bursts and partly broken, of which none may be lost',
  needs: [],
  tables: [orders, lines, products, rejected],
  migrations,
  runsOn: {
    servers: 'PostgreSQL, MySQL/MariaDB or MongoDB (--db)',
    embedded: 'SQLite',
  },
  original:
    'the original, the webhook that this workload is modelled on, as its authors measured it on a small laptop: 256 requests/s, p50 95 ms, p99 655 ms, each receipt a new one.',
  seededTable: null,
  seeds: 'receipts',
  // The webhook starts on empty tables.
  async *seed() {},
  // Loaded only where it is served: the web framework would slow down the start of every other command.
  serve: async (services) => (await import('./api.ts')).serveTickets(services),
  scenarios: createScenarios,
  audit: auditTickets,
}

import type { Workload } from '../../ports/workload.ts'
import { auditOrders } from './audit.ts'
import { inspectReplicas } from './inspect.ts'
import { type OrdersOptions, insertMissingOrders } from './order-generator.ts'
import { createScenarios } from './scenarios.ts'
import { migrations } from './migrations.ts'
import { deadLetters, orders } from './tables.ts'

/** A stream of orders that is stored, and read out of a map in the memory of each replica. */
export const ordersWorkload: Workload<OrdersOptions> = {
  name: 'orders',
  summary: 'a stream of orders into a database, read from a map in the memory of every replica',
  needs: ['broker'],
  tables: [orders, deadLetters],
  migrations,
  runsOn: {
    servers: 'PostgreSQL (--db) and NATS JetStream (--broker); MySQL/MariaDB, MongoDB and Redis are polled',
    embedded: 'SQLite, a broker in a file',
  },
  original:
    'the original, the service that this workload is modelled on, as its authors measured it: 1,000 messages, sent 5 ms apart, in 3 min 30 s; HTTP at 1,000 requests/s for 30 s. On the machine that this project is tested on (2 shared cores) it handled 999 messages in about 4 s, and rushbench 1,000 in 1.2 s.',
  seededTable: orders,
  seeds: 'orders',
  seed: insertMissingOrders,
  // Loaded only where it is served: the web framework would slow down the start of every other command.
  serve: async (services, options) => (await import('./api.ts')).serveOrders(services, options),
  scenarios: createScenarios,
  audit: (input, watch) => auditOrders(input, watch),
  inspect: (inspection, watch) => inspectReplicas(inspection, watch),
}

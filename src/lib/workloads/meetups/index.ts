import type { Workload } from '../../ports/workload.ts'
import { auditMeetups } from './audit/index.ts'
import type { ScenarioOptions } from '../shared/scenarios.ts'
import { createScenarios } from './scenarios/index.ts'
import { insertMissingMeetups } from './seeding.ts'
import type { ServeOptions } from './serve.ts'
import type { AnyTable } from '../../ports/database.ts'
import { chatTables } from './chat/tables.ts'
import { imageTables } from './image/tables.ts'
import { postTables } from './post/tables.ts'
import { relayTables } from './relay.ts'
import { sagaTables } from './saga/tables.ts'
import { migrations } from './migrations.ts'
import { users, userTables } from './user/tables.ts'

/** The tables of all services; each reads and writes its own alone. */
export const meetupTables: readonly AnyTable[] = [
  ...userTables,
  ...postTables,
  ...chatTables,
  ...imageTables,
  ...sagaTables,
  ...relayTables,
]

/** People look for others to go fishing with: a gateway in front of small services, with events between them. */
export const meetups: Workload<ServeOptions & ScenarioOptions> = {
  name: 'meetups',
  summary: 'meetups that people post and apply for: a GraphQL gateway in front of gRPC services',
  needs: ['cache', 'broker'],
  tables: meetupTables,
  migrations,
  runsOn: {
    servers: 'MySQL/MariaDB or PostgreSQL (--db), NATS or Kafka (--broker), Redis (--cache)',
    embedded: 'SQLite, a broker in a file, a cache in memory',
  },
  original: 'the original, the system that this workload is modelled on: nothing is known of its speed.',
  seededTable: users,
  seeds: 'accounts and posts',
  seed: insertMissingMeetups,
  // Loaded only where it is served: gRPC and GraphQL would slow down the start of every other command.
  serve: async (services, options) => (await import('./serve.ts')).serveMeetups(services, options),
  scenarios: createScenarios,
  audit: auditMeetups,
}

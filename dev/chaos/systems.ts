import { hash, randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { ReadRows, Row } from './rows.ts'
import type { ServerName } from './servers.ts'
import type { Entry, Place, Stored } from './truth.ts'

const bookScenario = fileURLToPath(new URL('book-scenario.ts', import.meta.url))
const meetScenario = fileURLToPath(new URL('meet-scenario.ts', import.meta.url))

/** The databases that systems run on here; null for one that is a file. */
export const databases = {
  sqlite: null,
  mariadb: 'mariadb',
  postgres: 'postgres',
  ferretdb: 'ferretdb',
  redis: 'redis',
} as const satisfies Record<string, ServerName | null>

/** The name of a database. */
export type Engine = keyof typeof databases

/** Brokers that messages go through; null for a file. */
export const brokers = { file: null, nats: 'nats', kafka: 'kafka' } as const satisfies Record<string, ServerName | null>

/** Database and broker that a workload runs on. */
export interface Setup {
  readonly engine: Engine
  /** Null where there are no messages. */
  readonly broker: keyof typeof brokers | null
}

/** Ways to load and to spoil a workload, and the tables that keep what it acknowledges. */
export interface System {
  readonly setups: readonly Setup[]
  /** Flags of its load. */
  readonly flags: readonly string[]
  readonly place: Place
  /** Statements that take away and double what was acknowledged; none where there is too little. */
  readonly spoilBy?: (acknowledged: readonly Entry[]) => readonly string[]
}

const asStored = ([id = '', key = '', resource = '']: readonly string[]): Stored => ({ id, key, resource })

const onEngines = (broker: Setup['broker'], ...engines: readonly Engine[]): Setup[] =>
  engines.map((engine) => ({ engine, broker }))

const meetupPlaces = async (read: ReadRows): Promise<Stored[]> => {
  const rows = async (table: string, columns: readonly string[], what: (of: string) => string): Promise<Stored[]> =>
    (await read(table, columns)).map(([id = '', key = '', of = '']) => ({ id, key, resource: what(of) }))
  return [
    ...(await rows('meetup_chat_messages', ['id', 'key', 'room_id'], (room) => `room ${room}`)),
    ...(await rows('meetup_post_applications', ['id', 'key', 'post_id'], (post) => `post ${post}`)),
    ...(await rows('meetup_post_posts', ['id', 'id'], () => 'post')),
  ]
}

const meetupPosts = async (read: ReadRows): Promise<Row[]> =>
  (await read('meetup_post_posts', ['id', 'max_apply', 'places_left'])).map(([id, ...rest]) => [`post ${id}`, ...rest])

/** Bookings whose message is neither published nor waiting: an engine without transactions may die between the two. */
async function countUnsent(read: ReadRows, readBroker: ReadRows): Promise<number> {
  const sent = await readBroker('rushbench_messages', ['key'])
  const waiting = await read('station_outbox', ['person'])
  const known = new Set([...sent, ...waiting].map(([person]) => person))
  const booked = await read('station_bookings', ['mysejahtera_id'])
  return booked.filter(([person]) => !known.has(person)).length
}

/** The key of a dead letter is made anew of its bytes, so that others than those that were sent are not found. */
async function orderPlaces(read: ReadRows): Promise<Stored[]> {
  const orders = await read('orders', ['order_uid'])
  const letters = await read('order_dead_letters', ['id', 'bytes'])
  return [
    ...orders.map(([key = '']) => ({ id: key, key, resource: 'order' })),
    ...letters.map(([id = '', bytes = '']) => {
      return { id, key: hash('sha256', Buffer.from(bytes, 'base64'), 'hex'), resource: 'rejected' }
    }),
  ]
}

function spoilReservations([lost, gone, doubled]: readonly Entry[]): string[] {
  if (!lost || !gone || !doubled) return []
  return [
    `delete from reservations where ticket_id in ('${lost.key}', '${gone.key}')`,
    `insert into reservations (id, ticket_id, schedule_id) values ('${randomUUID()}', '${doubled.key}', ${doubled.resource})`,
  ]
}

/** Nothing can be doubled, since what identifies them is the key of their table. */
function spoilOrders(acknowledged: readonly Entry[]): string[] {
  const [lost, gone] = acknowledged.filter(({ resource }) => resource === 'order')
  const letter = acknowledged.find(({ resource }) => resource === 'rejected')
  if (!lost || !gone || !letter) return []
  return [
    `delete from orders where order_uid in ('${lost.key}', '${gone.key}')`,
    `delete from order_dead_letters where id = '${letter.key}'`,
  ]
}

/** Workloads whose acknowledgements a load writes down. */
export const systems: Readonly<Record<string, System>> = {
  vaccination: {
    setups: onEngines(null, 'sqlite', 'postgres', 'mariadb', 'ferretdb', 'redis'),
    flags: ['--users', '40', '--cache', 'none', '--scenario', bookScenario],
    place: {
      bookings: async (read) => (await read('reservations', ['id', 'ticket_id', 'schedule_id'])).map(asStored),
      resources: (read) => read('schedules', ['id', 'max_available', 'stock']),
    },
    spoilBy: spoilReservations,
  },
  stations: {
    setups: onEngines('file', 'sqlite', 'redis', 'postgres', 'mariadb', 'ferretdb'),
    flags: ['--users', '400', '--cache', 'none'],
    place: {
      bookings: async (read) =>
        (await read('station_bookings', ['mysejahtera_id', 'mysejahtera_id', 'day'])).map(asStored),
      resources: (read) => read('station_days', ['id', 'capacity', 'available']),
      unsent: countUnsent,
    },
  },
  tickets: {
    setups: onEngines(null, 'sqlite', 'postgres', 'mariadb', 'ferretdb'),
    flags: ['--users', '100'],
    place: {
      async bookings(read) {
        const orders = await read('ticket_orders', ['id', 'receipt'])
        const rejected = await read('ticket_rejected', ['id'])
        return [
          ...orders.map(([id = '', key = '']) => ({ id, key, resource: 'order' })),
          ...rejected.map(([id = '']) => ({ id, key: id, resource: 'rejected' })),
        ]
      },
      resources: null,
    },
  },
  meetups: {
    setups: onEngines('file', 'sqlite', 'postgres', 'mariadb'),
    flags: ['--users', '24', '--scenario', meetScenario],
    place: {
      bookings: meetupPlaces,
      resources: meetupPosts,
    },
  },
  orders: {
    setups: [
      { engine: 'sqlite', broker: 'file' },
      { engine: 'postgres', broker: 'nats' },
      { engine: 'mariadb', broker: 'kafka' },
      { engine: 'ferretdb', broker: 'nats' },
      { engine: 'redis', broker: 'kafka' },
    ],
    flags: [],
    place: { bookings: orderPlaces, resources: null },
    spoilBy: spoilOrders,
  },
}

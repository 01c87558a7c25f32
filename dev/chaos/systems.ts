import { fileURLToPath } from 'node:url'
import type { ReadRows } from './rows.ts'
import type { ServerName } from './servers.ts'
import type { Place, Stored } from './truth.ts'

const bookScenario = fileURLToPath(new URL('book-scenario.ts', import.meta.url))

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

/** What is done to a workload, and where it keeps what it acknowledges. */
export interface System {
  readonly engines: readonly Engine[]
  /** Flags of its load. */
  readonly flags: readonly string[]
  readonly place: Place
  /** Has a broker, which is a file beside the database. */
  readonly hasBroker: boolean
}

const asStored = ([id = '', key = '', resource = '']: readonly string[]): Stored => ({ id, key, resource })

const meetupPlaces = async (read: ReadRows): Promise<Stored[]> => {
  const rows = async (table: string, columns: readonly string[], what: (of: string) => string): Promise<Stored[]> =>
    (await read(table, columns)).map(([id = '', key = '', of = '']) => ({ id, key, resource: what(of) }))
  return [
    ...(await rows('meetup_chat_messages', ['id', 'key', 'room_id'], (room) => `room ${room}`)),
    ...(await rows('meetup_post_applications', ['id', 'key', 'post_id'], (post) => `post ${post}`)),
    ...(await rows('meetup_post_posts', ['id', 'id'], () => 'post')),
    ...(await rows('meetup_image_images', ['id', 'id', 'owner_id'], (post) => `image of post ${post}`)),
  ]
}

/** Workloads whose acknowledgements a load writes down. */
export const systems: Readonly<Record<string, System>> = {
  vaccination: {
    engines: ['sqlite', 'postgres', 'mariadb', 'ferretdb', 'redis'],
    flags: ['--users', '40', '--cache', 'none', '--scenario', bookScenario],
    hasBroker: false,
    place: {
      bookings: async (read) => (await read('reservations', ['id', 'ticket_id', 'schedule_id'])).map(asStored),
      resources: (read) => read('schedules', ['id', 'max_available', 'stock']),
    },
  },
  stations: {
    engines: ['sqlite', 'redis', 'postgres', 'mariadb', 'ferretdb'],
    flags: ['--users', '400', '--cache', 'none'],
    hasBroker: true,
    place: {
      bookings: async (read) =>
        (await read('station_bookings', ['mysejahtera_id', 'mysejahtera_id', 'day'])).map(asStored),
      resources: (read) => read('station_days', ['id', 'capacity', 'available']),
    },
  },
  tickets: {
    engines: ['sqlite', 'postgres', 'mariadb', 'ferretdb'],
    flags: ['--users', '100'],
    hasBroker: false,
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
    engines: ['sqlite', 'postgres', 'mariadb'],
    flags: ['--users', '20'],
    hasBroker: true,
    place: {
      bookings: meetupPlaces,
      resources: null,
      // Who got a message is known to clients alone.
      isElsewhere: ({ resource }) => String(resource).startsWith('subscriber of room '),
    },
  },
}

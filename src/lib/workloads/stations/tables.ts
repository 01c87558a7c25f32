import { defineTable, integer, text, uuidColumn } from '../shared/tables.ts'
import type { BookingTables } from '../../audit/booking-tables.ts'
import { leaseTable } from '../shared/outbox/lease.ts'

/** A day at a station, on which `capacity` people can be vaccinated; `available` places are still free. */
export interface Day {
  /** `PWTC/20210516` */
  readonly id: string
  readonly station: string
  /** `20210516` */
  readonly date: string
  readonly capacity: number
  readonly available: number
}

/** A person's place. There is one for each person, since the person is the key. */
export interface Booking {
  readonly mysejahtera_id: string
  readonly first_name: string
  readonly last_name: string
  readonly address: string
  readonly phone_number: string
  /** The id of a day. */
  readonly day: string
}

/** A message that the topic has yet to get. It is stored together with its booking, and removed when it was published. */
export interface Outgoing {
  /** A UUID of version 7: rows of one process ascend in the order in which they were made. */
  readonly id: string
  /** The message's key: the person. */
  readonly person: string
  /** The message as JSON. */
  readonly message: string
}

/** The most characters that each text may have. */
export const maxLengths = {
  station: 64,
  mysejahteraId: 64,
  firstName: 100,
  lastName: 100,
  address: 300,
  phoneNumber: 32,
} as const

/** A slash and eight digits follow the station's name. */
const maxDayLength = maxLengths.station + 9

/** Names, braces and quotes around the texts, in which every character may need a backslash. */
const maxMessageLength = 2 * Object.values(maxLengths).reduce((sum: number, length: number) => sum + length, 0) + 200

export const days = defineTable<Day>({
  name: 'station_days',
  columns: {
    id: text(maxDayLength),
    station: text(maxLengths.station),
    date: { type: 'ascii', length: 8 },
    capacity: integer,
    available: integer,
  },
  primaryKey: 'id',
  indexes: [['station']],
  updatedOften: true,
})

export const bookings = defineTable<Booking>({
  name: 'station_bookings',
  columns: {
    mysejahtera_id: text(maxLengths.mysejahteraId),
    first_name: text(maxLengths.firstName),
    last_name: text(maxLengths.lastName),
    address: text(maxLengths.address),
    phone_number: text(maxLengths.phoneNumber),
    day: text(maxDayLength),
  },
  primaryKey: 'mysejahtera_id',
})

export const outbox = defineTable<Outgoing>({
  name: 'station_outbox',
  columns: {
    id: uuidColumn,
    person: text(maxLengths.mysejahteraId),
    message: text(maxMessageLength),
  },
  primaryKey: 'id',
})

/** The lease by which one of several processes publishes from the outbox. */
export const leases = leaseTable('station_leases')

/** The tables that the audit reads. */
export const bookingTables: BookingTables = {
  bookings: { table: bookings, key: 'mysejahtera_id', resource: 'day' },
  resources: { table: days, capacity: 'capacity', available: 'available' },
}

/** The key of a day. */
export function dayId(station: string, date: string): string {
  return `${station}/${date}`
}

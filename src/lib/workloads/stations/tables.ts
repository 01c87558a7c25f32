import { ascii, defineTable, integer, text, uuidColumn, type RowOf } from '../shared/tables.ts'
import type { BookingTables } from '../../audit/booking-tables.ts'
import { leaseTable } from '../shared/outbox/lease.ts'

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

/** A day at a station, on which `capacity` people can be vaccinated; `available` places are still free. */
export const days = defineTable({
  name: 'station_days',
  columns: {
    /** `PWTC/20210516` */
    id: text(maxDayLength),
    station: text(maxLengths.station),
    /** `20210516` */
    date: ascii(8),
    capacity: integer,
    available: integer,
  },
  primaryKey: 'id',
  indexes: [['station']],
  updatedOften: true,
})

export type Day = RowOf<typeof days>

/** A person's place. There is one for each person, since the person is the key. */
export const bookings = defineTable({
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

export type Booking = RowOf<typeof bookings>

/** A message that the topic has yet to get. It is stored together with its booking, and removed when it was published. */
export const outbox = defineTable({
  name: 'station_outbox',
  columns: {
    /** A UUID of version 7: rows of one process ascend in the order in which they were made. */
    id: uuidColumn,
    /** The message's key: the person. */
    person: text(maxLengths.mysejahteraId),
    message: text(maxMessageLength),
  },
  primaryKey: 'id',
})

export type Outgoing = RowOf<typeof outbox>

/** The lease by which one of several processes publishes from the outbox. */
export const leases = leaseTable('station_leases')

export const bookingTables: BookingTables = {
  bookings: { table: bookings, key: 'mysejahtera_id', resource: 'day' },
  resources: { table: days, capacity: 'capacity', available: 'available' },
}

export function dayId(station: string, date: string): string {
  return `${station}/${date}`
}

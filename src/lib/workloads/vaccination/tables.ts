import { defineTable, integer, text, uuidColumn, type RowOf } from '../shared/tables.ts'
import type { BookingTables } from '../../audit/booking-tables.ts'
import type { Counter, RowLayout } from '../../ports/database.ts'

export const maxTicketLength = 64

/** A time at which `max_available` people can be vaccinated, `stock` of which are still free. */
export const schedules = defineTable({
  name: 'schedules',
  columns: {
    /** Minutes from 1970-01-01 00:00 to the start of the slot, so that a slot's id is known before it is stored. */
    id: integer,
    max_available: integer,
    stock: integer,
    year: integer,
    month: integer,
    day: integer,
    hour: integer,
    min: integer,
  },
  primaryKey: 'id',
  unique: [['year', 'month', 'day', 'hour', 'min']],
  updatedOften: true,
})

export type Slot = RowOf<typeof schedules>

export const reservations = defineTable({
  name: 'reservations',
  columns: {
    id: uuidColumn,
    /** The person's ticket, chosen by the client. */
    ticket_id: text(maxTicketLength),
    schedule_id: integer,
  },
  primaryKey: 'id',
  indexes: [['schedule_id']],
  references: [{ column: 'schedule_id', table: 'schedules', key: 'id' }],
})

export type Reservation = RowOf<typeof reservations>

/** stock = max_available - reservations, for every slot. */
export const stockCounter: Counter = {
  parent: schedules,
  counter: 'stock',
  capacity: 'max_available',
  child: reservations,
  reference: 'schedule_id',
}

export const bookingTables: BookingTables = {
  bookings: { table: reservations, key: 'ticket_id', resource: 'schedule_id' },
  resources: { table: schedules, capacity: 'max_available', available: 'stock' },
}

/** Width of a seeded ticket id in bytes: a name of 16 and a number of 10 digits. */
export const ticketWidth = 26

const idWidth = 36
const slotWidth = 8

/** A seeded reservation: id, ticket, slot. */
export const reservationLayout: RowLayout<Reservation> = {
  table: reservations,
  fields: [
    { column: 'id', offset: 0, width: idWidth },
    { column: 'ticket_id', offset: idWidth + 1, width: ticketWidth },
    { column: 'schedule_id', offset: idWidth + ticketWidth + 2, width: slotWidth },
  ],
  rowBytes: idWidth + ticketWidth + slotWidth + 3,
}

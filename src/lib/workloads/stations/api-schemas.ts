import { z } from 'zod'
import { integer } from '../../base/json-schema.ts'
import { stationPattern } from './locations.ts'
import { maxLengths } from './tables.ts'

// What some database cannot keep as it is stays out: control characters, halves of surrogate pairs, spaces at the end
// of a key.
const word = /^[^\s\p{Cc}\p{Cs}]+$/u
const line = /^[^\s\p{Cc}\p{Cs}][^\p{Cc}\p{Cs}]*$/u

const text = (maxLength: number, pattern: RegExp, description: string) =>
  z.string().min(1).max(maxLength).regex(pattern).describe(description)

const DateText = (description: string) =>
  z
    .string()
    .regex(/^\d{8}$/)
    .describe(description)

const bookingFields = {
  mysejahteraId: text(maxLengths.mysejahteraId, word, 'whose place it is; one person has one place'),
  firstName: text(maxLengths.firstName, line, 'as in the passport'),
  lastName: text(maxLengths.lastName, line, 'as in the passport'),
  address: text(maxLengths.address, line, 'on one line'),
  location: text(maxLengths.station, stationPattern, 'the name of a station'),
  phoneNumber: text(maxLengths.phoneNumber, /^\+?\d[\d ()-]*$/, 'digits, spaces, brackets and dashes'),
  date: DateText('the day, such as 20210516'),
}

export const NewBooking = z.strictObject(bookingFields)

export const BookingSchema = z.object(bookingFields).meta({ title: 'Booking' })

/** A booking as clients send it, as the API responds with it, and as it is published. */
export type BookingMessage = z.infer<typeof BookingSchema>

export const StationParams = z.object({ name: z.string().describe('such as PWTC') })

const places = {
  capacity: integer.describe('places in all'),
  available: integer.describe('places left'),
}

export const DaySchema = z.object({ date: DateText('such as 20210516'), ...places }).meta({ title: 'Day' })

export type ShownDay = z.infer<typeof DaySchema>

export const StationSchema = z
  .object({
    name: z.string(),
    firstDay: DateText('such as 20210516'),
    lastDay: DateText('such as 20210614'),
    days: integer.describe('how many there are'),
    ...places,
  })
  .meta({ title: 'Station', description: 'Where people can be vaccinated' })

export type ShownStation = z.infer<typeof StationSchema>

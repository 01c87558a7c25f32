import { Type, type Static } from 'typebox'
import { stationPattern } from './locations.ts'
import { maxLengths } from './tables.ts'

// What some database cannot keep as it is stays out: control characters, halves of surrogate pairs, spaces at the end
// of a key.
const word = String.raw`^[^\s\p{Cc}\p{Cs}]+$`
const line = String.raw`^[^\s\p{Cc}\p{Cs}][^\p{Cc}\p{Cs}]*$`

const text = (maxLength: number, pattern: string, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern, description })

const DateText = (description: string) => Type.String({ pattern: String.raw`^\d{8}$`, description })

const bookingFields = {
  mysejahteraId: text(maxLengths.mysejahteraId, word, 'whose place it is; one person has one place'),
  firstName: text(maxLengths.firstName, line, 'as in the passport'),
  lastName: text(maxLengths.lastName, line, 'as in the passport'),
  address: text(maxLengths.address, line, 'on one line'),
  location: text(maxLengths.station, stationPattern, 'the name of a station'),
  phoneNumber: text(maxLengths.phoneNumber, String.raw`^\+?\d[\d ()-]*$`, 'digits, spaces, brackets and dashes'),
  date: DateText('the day, such as 20210516'),
}

export const NewBooking = Type.Object(bookingFields, { additionalProperties: false })

export const BookingSchema = Type.Object(bookingFields, { title: 'Booking' })

/** A booking as clients send it, as the API responds with it, and as it is published. */
export type BookingMessage = Static<typeof BookingSchema>

export const StationParams = Type.Object({ name: Type.String({ description: 'such as PWTC' }) })

const places = {
  capacity: Type.Integer({ description: 'places in all' }),
  available: Type.Integer({ description: 'places left' }),
}

export const DaySchema = Type.Object({ date: DateText('such as 20210516'), ...places }, { title: 'Day' })

export type ShownDay = Static<typeof DaySchema>

export const StationSchema = Type.Object(
  {
    name: Type.String(),
    firstDay: DateText('such as 20210516'),
    lastDay: DateText('such as 20210614'),
    days: Type.Integer({ description: 'how many there are' }),
    ...places,
  },
  { title: 'Station', description: 'Where people can be vaccinated' },
)

export type ShownStation = Static<typeof StationSchema>

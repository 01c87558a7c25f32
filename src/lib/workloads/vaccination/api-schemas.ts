import { Type, type Static } from 'typebox'
import { maxTicketLength } from './tables.ts'

const whole = (minimum: number, maximum: number, description: string) => Type.Integer({ minimum, maximum, description })

const Id = whole(0, Number.MAX_SAFE_INTEGER, 'minutes from 1970-01-01 to the start of the slot')
const Year = whole(1970, 2099, 'four digits')
const Month = whole(1, 12, '1 is January')
const Day = whole(1, 31, 'day of the month')
const Hour = whole(0, 23, 'hour of the day')
const Minute = whole(0, 59, 'minute of the hour')

export const SlotSchema = Type.Object(
  {
    id: Id,
    max_available: Type.Integer({ description: 'places in all' }),
    stock: Type.Integer({ description: 'places left' }),
    year: Year,
    month: Month,
    day: Day,
    hour: Hour,
    min: Minute,
  },
  { title: 'Slot', description: 'A time at which people can be vaccinated' },
)

export const MonthParams = Type.Object({ year: Year, month: Month })
export const DayParams = Type.Object({ year: Year, month: Month, day: Day })
export const IdParams = Type.Object({ id: Id })

export const NewSlot = Type.Object(
  {
    year: Year,
    month: Month,
    day: Day,
    hour: Hour,
    min: Minute,
    max_available: whole(1, 1_000_000, 'places in the slot'),
  },
  { additionalProperties: false },
)
export type NewSlot = Static<typeof NewSlot>

export const NewReservation = Type.Object(
  {
    ticket_id: Type.String({
      minLength: 1,
      maxLength: maxTicketLength,
      // What some database cannot store as it is: U+0000 and halves of surrogate pairs.
      pattern: String.raw`^[^\u0000\p{Cs}]*$`,
      description: "the person's ticket",
    }),
    schedule_id: Id,
  },
  { additionalProperties: false },
)

export const ReservationSchema = Type.Object(
  { id: Type.String({ description: 'a UUID' }), ticket_id: Type.String(), schedule_id: Id },
  { title: 'Reservation' },
)

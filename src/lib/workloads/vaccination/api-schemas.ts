import { z } from 'zod'
import { integer } from '../../base/json-schema.ts'
import { maxTicketLength } from './tables.ts'

const whole = (minimum: number, maximum: number, description: string) =>
  z.int().min(minimum).max(maximum).describe(description)

const Id = whole(0, Number.MAX_SAFE_INTEGER, 'minutes from 1970-01-01 to the start of the slot')
const Year = whole(1970, 2099, 'four digits')
const Month = whole(1, 12, '1 is January')
const Day = whole(1, 31, 'day of the month')
const Hour = whole(0, 23, 'hour of the day')
const Minute = whole(0, 59, 'minute of the hour')

export const SlotSchema = z
  .object({
    id: Id,
    max_available: integer.describe('places in all'),
    stock: integer.describe('places left'),
    year: Year,
    month: Month,
    day: Day,
    hour: Hour,
    min: Minute,
  })
  .meta({ title: 'Slot', description: 'A time at which people can be vaccinated' })

export const MonthParams = z.object({ year: Year, month: Month })
export const DayParams = z.object({ year: Year, month: Month, day: Day })
export const IdParams = z.object({ id: Id })

export const NewSlot = z.strictObject({
  year: Year,
  month: Month,
  day: Day,
  hour: Hour,
  min: Minute,
  max_available: whole(1, 1_000_000, 'places in the slot'),
})
export type NewSlot = z.infer<typeof NewSlot>

export const NewReservation = z.strictObject({
  ticket_id: z
    .string()
    .min(1)
    .max(maxTicketLength)
    // What some database cannot store as it is: U+0000 and halves of surrogate pairs.
    // oxlint-disable-next-line no-control-regex -- these are what must stay out
    .regex(/^[^\u0000\p{Cs}]*$/u)
    .describe("the person's ticket"),
  schedule_id: Id,
})

export const ReservationSchema = z
  .object({ id: z.string().describe('a UUID'), ticket_id: z.string(), schedule_id: Id })
  .meta({ title: 'Reservation' })

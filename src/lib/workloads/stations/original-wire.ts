import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { InvalidBody } from '../shared/http/exact-input.ts'
import type { BookingService } from '../shared/booking-service.ts'
import { NewBooking, type BookingMessage } from './api-schemas.ts'
import { sendBoard, type Board } from './board.ts'
import type { StationResult } from './booking-service.ts'
import { isDate } from './seeding.ts'

/** The body of a refusal, as the original has it for every reason. */
const refused = (message: string) => ({ message, status: 'Failed' })

const { mysejahteraId, ...others } = NewBooking.shape
const noPerson = 'MySejahteraID cannot be empty'

/** The original looks at the person, the station and the day alone: what else is missing or empty is an empty text. */
const OriginalBooking = z.object({
  mysejahteraId: z.string(noPerson).min(1, noPerson).pipe(mysejahteraId),
  firstName: orEmpty(others.firstName),
  lastName: orEmpty(others.lastName),
  address: orEmpty(others.address),
  location: others.location,
  phoneNumber: orEmpty(others.phoneNumber),
  date: others.date.refine(isDate, 'is not a day of the calendar'),
})

function orEmpty<Text extends z.ZodType<string>>(text: Text) {
  return z.union([text, z.literal('')]).default('')
}

/**
 * The routes as the original has them, for its clients: days as `{location, date, availability}`, 200 for a booking, and 400
 * for every refusal. What is stored, and what never is, is the same as by our own routes.
 */
export function addOriginalRoutes(
  app: FastifyInstance,
  board: Board,
  book: BookingService<BookingMessage, StationResult>,
): void {
  app.get<{ Params: { name: string } }>(
    '/stations/:name',
    { schema: { summary: 'The days of a station; none where there is no such station' } },
    async ({ params: { name } }, reply) => sendBoard(reply, (await board.readDays(name)) ?? noDays),
  )
  app.get<{ Querystring: { location?: unknown } }>(
    '/stations',
    { schema: { summary: 'The same, by ?location=' } },
    async ({ query: { location } }, reply) => {
      if (typeof location === 'string' && location !== '')
        return sendBoard(reply, (await board.readDays(location)) ?? noDays)
      return reply.code(400).type('text/plain; charset=utf-8').send('Please select a location')
    },
  )
  app.post('/booking', { schema: { summary: 'Book a place' }, errorHandler: refuse }, async ({ body }, reply) => {
    const { data: booking, error } = OriginalBooking.safeParse(body)
    if (error) return reply.code(400).send(refused(messageOf(error)))
    const result = await book(booking)
    return result === 'booked' ? booking : reply.code(400).send(refused(messages[result](booking)))
  })
}

const noDays = Buffer.from('[]')

/** Bodies that cannot be read are refused alike; what is our own fault is told as everywhere. */
function refuse(error: FastifyError | InvalidBody, _request: unknown, reply: FastifyReply): void {
  if ((error.statusCode ?? 500) >= 500) throw error
  void reply.code(400).send(refused(error.message))
}

function messageOf({ issues: [issue] }: z.ZodError): string {
  const { path = [], message = '' } = issue ?? {}
  return message === noPerson ? message : `${path.join('.') || 'body'}: ${message}`
}

const invalidDay = ({ location, date }: BookingMessage) =>
  `station location:${location}:${date} location & date combination is invalid`

const messages: Readonly<Record<Exclude<StationResult, 'booked'>, (booking: BookingMessage) => string>> = {
  taken: (booking) => `${booking.mysejahteraId} has a place already`,
  'sold-out': () => 'Sorry, station is fully booked',
  'no-such-station': invalidDay,
  'no-such-day': invalidDay,
}

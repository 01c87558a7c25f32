import {
  type BookingMessage,
  BookingSchema,
  DaySchema,
  NewBooking,
  StationParams,
  StationSchema,
} from './api-schemas.ts'
import type { FastifyInstance } from 'fastify'
import { Counter } from 'prom-client'
import { z } from 'zod'
import type { CacheOptions } from '../../adapters/cache/cache.ts'
import { RushbenchError } from '../../base/errors/errors.ts'
import { createApi, ErrorSchema } from '../shared/http/api.ts'
import { listen } from '../shared/http/listen.ts'
import type { ZodTypes } from '../shared/http/route-schemas.ts'
import { startRelay } from '../shared/outbox/relay.ts'
import type { Services, RunningServer } from '../../ports/workload.ts'
import { createBoard, sendBoard, type Board } from './board.ts'
import type { BookingService } from '../shared/booking-service.ts'
import { createStationService, type StationResult } from './booking-service.ts'
import { isDate, insertMissingDays, type LocationOptions } from './seeding.ts'
import { outgoing } from './messages.ts'
import { addOriginalRoutes } from './original-wire.ts'
import type { WireOptions } from '../shared/scenarios.ts'

/** A booking has at most some 700 characters. */
const maxBodyBytes = 16 * 1024

/**
 * Starts the API, with the relay that publishes its bookings, once all stations are in place. It starts without the
 * broker, too. Throws `locations-unusable`, `port-in-use` or `host-unusable`.
 */
export async function serveStations(
  services: Services,
  options: LocationOptions & CacheOptions & WireOptions,
): Promise<RunningServer> {
  const { database, openBroker, onError } = services
  for await (const _ of insertMissingDays(database, options));
  await tryBroker(services)
  const { app, registry } = await createApi(services, {
    title: 'rushbench stations API',
    description: 'Stations, and places on a day',
    bodyLimit: maxBodyBytes,
  })
  const published = new Counter({
    name: 'bookings_published_total',
    help: 'Bookings that the broker has acknowledged',
    registers: [registry],
  })
  const relay = startRelay({
    store: database.store,
    outbox: outgoing,
    openBroker,
    onError,
    onPublished: (count) => published.inc(count),
  })
  try {
    const board = createBoard(database.store, await services.openCache(), options)
    const book = createStationService(database.store, relay.wake)
    if (options.wire === 'original') addOriginalRoutes(app, board, book)
    else {
      addStationRoutes(app, board)
      addBookingRoute(app, book)
    }
    const server = await listen(app, services)
    return {
      ...server,
      async close() {
        await server.close()
        await relay.close()
      },
    }
  } catch (error) {
    await relay.close()
    throw error
  }
}

/** Opens the broker; one that is away is no reason not to take bookings, which wait for it, while any other fault is. */
async function tryBroker({ openBroker, onError }: Services): Promise<void> {
  try {
    await openBroker()
  } catch (error) {
    if (!(error instanceof RushbenchError && error.code === 'broker-unreachable')) throw error
    onError(error)
  }
}

function addStationRoutes(app: FastifyInstance, board: Board): void {
  const typed = app.withTypeProvider<ZodTypes>()
  typed.get(
    '/stations',
    { schema: { summary: 'All stations', response: { 200: z.array(StationSchema) } } },
    async (_request, reply) => sendBoard(reply, await board.readStations()),
  )
  typed.get(
    '/stations/:name',
    {
      schema: {
        summary: 'The days of a station, with the places that are left',
        params: StationParams,
        response: { 200: z.array(DaySchema), 404: ErrorSchema },
      },
    },
    async (request, reply) => {
      const { name } = request.params
      const days = await board.readDays(name)
      if (days) return sendBoard(reply, days)
      return reply.code(404).send({ error: 'no-such-station', message: `There is no station ${name}.` })
    },
  )
}

function addBookingRoute(app: FastifyInstance, book: BookingService<BookingMessage, StationResult>): void {
  app.withTypeProvider<ZodTypes>().post(
    '/booking',
    {
      schema: {
        summary: 'Book a place',
        body: NewBooking,
        response: { 201: BookingSchema, 404: ErrorSchema, 409: ErrorSchema, 422: ErrorSchema },
      },
    },
    async (request, reply) => {
      const booking = request.body
      if (!isDate(booking.date)) {
        const issues = [{ field: 'date', reason: 'is not a day of the calendar' }]
        return reply.code(422).send({ error: 'invalid', message: `There is no day ${booking.date}.`, issues })
      }
      const result = await book(booking)
      if (result === 'booked') return reply.code(201).send(booking)
      const { status, message } = refusals[result]
      return reply.code(status).send({ error: result, message: message(booking) })
    },
  )
}

interface Refusal {
  readonly status: 404 | 409
  readonly message: (booking: BookingMessage) => string
}

const refusals: Readonly<Record<Exclude<StationResult, 'booked'>, Refusal>> = {
  taken: { status: 409, message: ({ mysejahteraId }) => `${mysejahteraId} has a place already.` },
  'sold-out': { status: 409, message: ({ location, date }) => `${location} has no place left on ${date}.` },
  'no-such-station': { status: 404, message: ({ location }) => `There is no station ${location}.` },
  'no-such-day': { status: 404, message: ({ location, date }) => `${location} is not open on ${date}.` },
}

import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Database } from '../../ports/database.ts'
import type { Services, RunningServer } from '../../ports/workload.ts'
import { createApi, ErrorSchema } from '../shared/http/api.ts'
import { encodingFor, sendEncoded } from '../shared/http/encoding.ts'
import { listen } from '../shared/http/listen.ts'
import type { ZodTypes } from '../shared/http/route-schemas.ts'
import { insertIfAbsent } from '../../adapters/databases/apply-if-absent.ts'
import {
  DayParams,
  IdParams,
  MonthParams,
  NewReservation,
  NewSlot,
  ReservationSchema,
  SlotSchema,
} from './api-schemas.ts'
import type { BookingService } from '../shared/booking-service.ts'
import { createReservationService, type ReservationResult } from './booking-service.ts'
import { createCalendar, type Calendar } from './calendar.ts'
import { slotAt, slotId } from './slots.ts'
import { schedules, type Reservation } from './tables.ts'
import type { CacheOptions } from '../../adapters/cache/cache.ts'

/** A booking is some hundred bytes; nothing that is larger than this is one. */
const maxBodyBytes = 3 * 1024 * 1024

/** Starts the reservation API. Throws `port-in-use` or `host-unusable`. */
export async function serveVaccination(services: Services, { cacheTtl }: CacheOptions): Promise<RunningServer> {
  const { app } = await createApi(services, {
    title: 'rushbench vaccination API',
    description: 'Slots, and places in them',
    bodyLimit: maxBodyBytes,
  })
  const calendar = createCalendar(services.database.store, await services.openCache(), cacheTtl)
  addCalendarRoutes(app, calendar)
  addSlotRoutes(app, services.database)
  addBookingRoute(app, createReservationService(services.database))
  return listen(app, services)
}

function addCalendarRoutes(app: FastifyInstance, calendar: Calendar): void {
  const typed = app.withTypeProvider<ZodTypes>()
  const response = { 200: z.array(SlotSchema), 422: ErrorSchema }
  for (const [prefix, read, summary] of [
    ['/schedules', calendar.read, 'straight from the database'],
    ['/schedules-memstore', calendar.readCached, 'through the cache'],
  ] as const) {
    typed.get(
      `${prefix}/date/:year/:month`,
      { schema: { summary: `The slots of a month, ${summary}`, params: MonthParams, response } },
      async ({ params, headers }, reply) => {
        const encoding = encodingFor(headers['accept-encoding'])
        return sendEncoded(reply, await read(params, encoding), encoding)
      },
    )
    typed.get(
      `${prefix}/date/:year/:month/:day`,
      { schema: { summary: `The slots of a day, ${summary}`, params: DayParams, response } },
      async ({ params, headers }, reply) => {
        const encoding = encodingFor(headers['accept-encoding'])
        return sendEncoded(reply, await read(params, encoding), encoding)
      },
    )
  }
}

function addSlotRoutes(app: FastifyInstance, database: Database): void {
  const typed = app.withTypeProvider<ZodTypes>()
  typed.get(
    '/schedules/id/:id',
    {
      schema: {
        summary: 'One slot',
        params: IdParams,
        response: { 200: SlotSchema, 404: ErrorSchema, 422: ErrorSchema },
      },
    },
    async (request, reply) => {
      const [slot] = await database.store.find(schedules, { id: request.params.id })
      if (slot) return slot
      return reply.code(404).send({ error: 'no-such-slot', message: `There is no slot ${request.params.id}.` })
    },
  )
  typed.post(
    '/schedules',
    {
      schema: {
        summary: 'Open a slot (for administrators)',
        body: NewSlot,
        response: { 201: SlotSchema, 409: ErrorSchema, 422: ErrorSchema },
      },
    },
    async (request, reply) => {
      const { year, month, day, hour, min, max_available } = request.body
      const id = slotId(year, month, day, hour, min)
      if (id === null) {
        const issues = [{ field: 'day', reason: 'is not a day of that month' }]
        return reply.code(422).send({ error: 'invalid', message: `There is no ${year}-${month}-${day}.`, issues })
      }
      const slot = slotAt(id, max_available)
      if (await insertIfAbsent(database.store, schedules, slot)) return reply.code(201).send(slot)
      return reply.code(409).send({ error: 'slot-exists', message: `Slot ${id} is open already.` })
    },
  )
}

function addBookingRoute(app: FastifyInstance, book: BookingService<Omit<Reservation, 'id'>, ReservationResult>): void {
  app.withTypeProvider<ZodTypes>().post(
    '/reservations',
    {
      schema: {
        summary: 'Book a place in a slot',
        body: NewReservation,
        response: { 201: ReservationSchema, 404: ErrorSchema, 409: ErrorSchema, 422: ErrorSchema },
      },
    },
    async (request, reply) => {
      const { schedule_id } = request.body
      const result = await book(request.body)
      if (result.kind === 'booked') return reply.code(201).send(result.reservation)
      if (result.kind === 'sold-out') {
        return reply.code(409).send({ error: 'sold-out', message: `Slot ${schedule_id} is sold out.` })
      }
      return reply.code(404).send({ error: 'no-such-slot', message: `There is no slot ${schedule_id}.` })
    },
  )
}

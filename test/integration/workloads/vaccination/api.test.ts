import { once } from 'node:events'
import { get as httpGet, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openCache } from '../../../../src/lib/adapters/cache/cache.ts'
import { migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import type { Database, Store } from '../../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { serveVaccination } from '../../../../src/lib/workloads/vaccination/api.ts'
import { vaccination } from '../../../../src/lib/workloads/vaccination/index.ts'
import { reservations, schedules, type Slot } from '../../../../src/lib/workloads/vaccination/tables.ts'
import { slotAt } from '../../../../src/lib/workloads/vaccination/slots.ts'
import type { RunningServer } from '../../../../src/lib/ports/workload.ts'
import { noBroker, noPubSub } from '../../../support/ledgers.ts'
import { testEngines, type TestDatabase } from '../../../support/database/engines.ts'

const firstSlot = 15778560 // 2000-01-01 08:00
const missingSlot = 1

/** Asks without decoding what comes, as fetch would. */
async function askFor(url: string, headers: Readonly<Record<string, string>>) {
  const [response] = (await once(httpGet(url, { headers }), 'response')) as [IncomingMessage]
  return { status: response.statusCode, headers: response.headers, body: await buffer(response) }
}

for (const engine of testEngines) {
  describe.skipIf(engine.open === null)(`the vaccination API on ${engine.name}`, () => {
    let place: TestDatabase
    let database: Database
    let server: RunningServer
    let calendarReads = 0
    let failsToBook = false
    const errors: Error[] = []

    beforeAll(async () => {
      place = await engine.open!()
      database = await connectDatabase(place.url, { poolSize: 8 })
      await migrateUp(database, 'vaccination', vaccination.tables)
      const slots = Array.from({ length: 40 }, (_, i) => slotAt(firstSlot + i * 1440, 50))
      await database.store.insert(schedules, slots)
      const store: Store = {
        ...database.store,
        find: (table, where, options) => {
          if (options?.orderBy !== undefined) calendarReads++
          return database.store.find(table, where, options)
        },
        apply: async (changes) => {
          if (failsToBook) throw new Error('no such table: reservations')
          return database.store.apply(changes)
        },
      }
      const cache = await openCache('memory')
      server = await serveVaccination(
        {
          database: { ...database, store },
          openCache: async () => cache,
          openBroker: noBroker,
          openPubSub: noPubSub,
          host: '127.0.0.1',
          port: 0,
          cors: ['*'],
          onError: (error) => errors.push(error),
        },
        { cacheTtl: 60_000 },
      )
    })

    afterAll(async () => {
      await server.close()
      await database[Symbol.asyncDispose]()
      await place.remove()
    })

    const get = (path: string) => fetch(server.origin + path)
    const post = (path: string, body: unknown, type = 'application/json') =>
      fetch(server.origin + path, {
        method: 'POST',
        headers: { 'content-type': type },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      })
    const json = async <T>(response: Promise<Response>): Promise<T> => (await (await response).json()) as T

    it('shows a month and a day, in order of time', async () => {
      const month = await json<Slot[]>(get('/schedules/date/2000/1'))
      expect(month).toHaveLength(31)
      expect(month[0]).toEqual({
        id: firstSlot,
        max_available: 50,
        stock: 50,
        year: 2000,
        month: 1,
        day: 1,
        hour: 8,
        min: 0,
      })
      expect(month.map(({ day }) => day)).toEqual(month.map((_, i) => i + 1))
      expect(await json<Slot[]>(get('/schedules/date/2000/1/5'))).toHaveLength(1)
      expect(await json<Slot[]>(get('/schedules/date/1999/12'))).toEqual([])
      expect(await json<Slot>(get(`/schedules/id/${firstSlot}`))).toMatchObject({ id: firstSlot })
    })

    it('shows the same through the cache, with one database read however many ask', async () => {
      calendarReads = 0
      const answers = await Promise.all(Array.from({ length: 50 }, () => get('/schedules-memstore/date/2000/2')))
      const texts = await Promise.all(answers.map((answer) => answer.text()))
      expect(new Set(texts).size).toBe(1)
      expect(JSON.parse(texts[0]!)).toHaveLength(9)
      expect(answers[0]!.headers.get('content-type')).toMatch('application/json')
      expect(calendarReads).toBe(1)
      expect(await json<Slot[]>(get('/schedules-memstore/date/2000/2/3'))).toHaveLength(1)
    })

    it('compresses the calendar as is asked for, and says that it depends on that', async () => {
      const plain = await (await get('/schedules-memstore/date/2000/1')).text()
      for (const path of ['/schedules/date/2000/1', '/schedules-memstore/date/2000/1']) {
        for (const [accept, encoding] of [
          ['gzip, deflate, br', 'br'],
          ['gzip;q=1.0, br;q=0.5', 'gzip'],
          ['identity', null],
          ['br;q=0, gzip;q=0', null],
        ] as const) {
          const { status, headers, body } = await askFor(server.origin + path, { 'accept-encoding': accept })
          expect([status, headers['content-encoding'] ?? null]).toEqual([200, encoding])
          expect(headers.vary).toBe('accept-encoding')
          expect(headers['access-control-allow-origin']).toBe('*')
          expect(headers['content-type']).toMatch('application/json')
          expect(headers['content-length']).toBe(`${body.length}`)
          const decoded = encoding === 'br' ? brotliDecompressSync(body) : encoding === 'gzip' ? gunzipSync(body) : body
          expect(decoded.toString()).toBe(plain)
          if (encoding !== null) expect(body.length).toBeLessThan(plain.length / 4)
        }
      }
    })

    it.each([
      ['/schedules/date/2000/13', 'month'],
      ['/schedules/date/2000/0', 'month'],
      ['/schedules/date/x/1', 'year'],
      ['/schedules/date/2000/1/32', 'day'],
      ['/schedules/id/1.5', 'id'],
      ['/schedules/id/9007199254740993', 'id'],
      ['/schedules/id/1e3', 'id'],
      ['/schedules/id/0x10', 'id'],
      ['/schedules/id/%207', 'id'],
      ['/schedules/id/null', 'id'],
    ])('answers %s with 422 and the field %s', async (path, field) => {
      const response = await get(path)
      expect(response.status).toBe(422)
      expect(await response.json()).toMatchObject({ error: 'invalid', issues: [{ field }] })
    })

    it('knows what there is not', async () => {
      expect((await get('/schedules/id/99')).status).toBe(404)
      expect((await get('/nothing')).status).toBe(404)
      expect(await json<object>(get('/nothing'))).toMatchObject({ error: 'no-such-path' })
    })

    it('books a place, and takes it from the stock', async () => {
      const response = await post('/reservations', { ticket_id: 'T1', schedule_id: firstSlot })
      expect(response.status).toBe(201)
      const booked = (await response.json()) as { id: string }
      expect(await database.store.find(reservations, { id: booked.id })).toEqual([
        { id: booked.id, ticket_id: 'T1', schedule_id: firstSlot },
      ])
      expect(await json<Slot>(get(`/schedules/id/${firstSlot}`))).toMatchObject({ stock: 49 })
    })

    it.each([
      [{ schedule_id: firstSlot }, 'ticket_id', 'required'],
      [{ ticket_id: 'T', schedule_id: 'soon' }, 'schedule_id', 'integer'],
      [{ ticket_id: '', schedule_id: firstSlot }, 'ticket_id', '1 char'],
      [{ ticket_id: 'T'.repeat(65), schedule_id: firstSlot }, 'ticket_id', '64 char'],
      [{ ticket_id: 'T\0', schedule_id: firstSlot }, 'ticket_id', 'pattern'],
      [`{"ticket_id": "\\ud83c", "schedule_id": ${firstSlot}}`, 'ticket_id', 'no text'],
      // Two people whose tickets differ in digits that no number holds would else be one.
      [`{"ticket_id": 12345678901234567890, "schedule_id": ${firstSlot}}`, 'ticket_id', 'digits'],
      [{ ticket_id: 7, schedule_id: firstSlot }, 'ticket_id', 'string'],
      [{ ticket_id: ['T'], schedule_id: firstSlot }, 'ticket_id', 'string'],
      [{ ticket_id: 'T', schedule_id: null }, 'schedule_id', 'integer'],
      [{ ticket_id: 'T', schedule_id: false }, 'schedule_id', 'integer'],
      [{ ticket_id: 'T', schedule_id: `${firstSlot}` }, 'schedule_id', 'integer'],
      ['{"ticket_id": "T", "schedule_id": 1e400}', 'schedule_id', 'digits'],
      ['{"ticket_id": "T", "schedule_id": 9007199254740993}', 'schedule_id', 'digits'],
      [`{"ticket_id": "T", "schedule_id": ${firstSlot}.00000000000000000001}`, 'schedule_id', 'digits'],
      [{ ticket_id: 'T', schedule_id: firstSlot, seat: 1 }, 'seat', 'additional'],
      [`{"ticket_id": "T", "ticket_id": "U", "schedule_id": ${firstSlot}}`, 'ticket_id', 'twice'],
      [`{"__proto__": {}, "ticket_id": "T", "schedule_id": ${firstSlot}}`, '__proto__', 'no name'],
      ['[]', 'body', 'object'],
      ['{"ticket_id": "T', 'body', 'JSON'],
      ['', 'body', 'JSON'],
    ])('refuses %j with 422, the field and the reason', async (body, field, reason) => {
      const response = await post('/reservations', body)
      expect(response.status).toBe(422)
      const { issues } = (await response.json()) as { issues: { field: string; reason: string }[] }
      expect(issues[0]!.field).toBe(field)
      expect(issues[0]!.reason).toContain(reason)
    })

    it('answers other bad requests in kind', async () => {
      expect((await post('/reservations', { ticket_id: 'T', schedule_id: missingSlot })).status).toBe(404)
      expect((await post('/reservations', 'x'.repeat(3 * 1024 * 1024 + 1))).status).toBe(413)
      expect((await post('/reservations', '<a/>', 'text/xml')).status).toBe(415)
    })

    it('never sells a place twice: of 120 at once for 50 places, 50 get one', async () => {
      const slot = firstSlot + 1440
      const answers = await Promise.all(
        Array.from({ length: 120 }, (_, i) => post('/reservations', { ticket_id: `rush-${i}`, schedule_id: slot })),
      )
      const statuses = answers.map(({ status }) => status)
      expect(statuses.filter((status) => status === 201)).toHaveLength(50)
      expect(statuses.filter((status) => status === 409)).toHaveLength(70)
      const stored = await database.store.find(reservations, { schedule_id: slot })
      expect(stored).toHaveLength(50)
      const booked = await Promise.all(
        answers.filter(({ status }) => status === 201).map((answer) => answer.json() as Promise<{ id: string }>),
      )
      expect(booked.map(({ id }) => id).toSorted()).toEqual(stored.map(({ id }) => id).toSorted())
      expect((await database.store.find(schedules, { id: slot }))[0]!.stock).toBe(0)
    })

    it('lets an administrator open a slot, once', async () => {
      const slot = { year: 2030, month: 2, day: 28, hour: 9, min: 30, max_available: 7 }
      const response = await post('/schedules', slot)
      expect(response.status).toBe(201)
      expect(await response.json()).toMatchObject({ ...slot, stock: 7 })
      expect((await post('/schedules', slot)).status).toBe(409)
      expect((await post('/schedules', { ...slot, day: 30 })).status).toBe(422)
      expect((await post('/schedules', { ...slot, day: 27, max_available: 0 })).status).toBe(422)
    })

    it('tells how it is, measures itself and documents itself', async () => {
      expect(await json<object>(get('/healthz'))).toEqual({ status: 'ok' })
      const metrics = await (await get('/metrics')).text()
      expect(metrics).toContain(
        'http_request_duration_seconds_bucket{le="0.0001",method="GET",route="/schedules/date/:year/:month",status="200"}',
      )
      const { paths } = await json<{ paths: object }>(get('/docs/json'))
      expect(Object.keys(paths)).toEqual(
        expect.arrayContaining([
          '/schedules/date/{year}/{month}',
          '/schedules-memstore/date/{year}/{month}',
          '/schedules/id/{id}',
          '/reservations',
        ]),
      )
      expect(await (await get('/docs')).text()).toContain('<html')
    })

    it('tells its owner, not its client, why it failed', async () => {
      failsToBook = true
      const response = await post('/reservations', { ticket_id: 'T', schedule_id: firstSlot })
      failsToBook = false
      expect(response.status).toBe(500)
      expect(await response.json()).toEqual({ error: 'internal', message: 'The request could not be carried out.' })
      expect(errors[0]?.message).toContain('reservations')
    })

    it('finishes a request that was under way when it was closed', async () => {
      const second = await serveVaccination(
        {
          database,
          openCache: () => openCache('none'),
          openBroker: noBroker,
          openPubSub: noPubSub,
          host: '127.0.0.1',
          port: 0,
          onError: () => {},
        },
        { cacheTtl: 1 },
      )
      const socket = connect(Number(new URL(second.origin).port), '127.0.0.1')
      const body = JSON.stringify({ ticket_id: 'late', schedule_id: firstSlot })
      socket.write(
        `POST /reservations HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nexpect: 100-continue\r\ncontent-length: ${body.length}\r\n\r\n`,
      )
      // The server has its head.
      await once(socket, 'data')
      const closed = second.close()
      await sleep(100)
      socket.write(body)
      let answer = ''
      for await (const chunk of socket) answer += String(chunk)
      expect(answer).toMatch(/^HTTP\/1\.1 201 /)
      await closed
      expect(await database.store.find(reservations, { ticket_id: 'late' })).toHaveLength(1)
    })

    it('says that its port is taken', async () => {
      const port = Number(new URL(server.origin).port)
      const second = serveVaccination(
        {
          database,
          openCache: () => openCache('none'),
          openBroker: noBroker,
          openPubSub: noPubSub,
          host: '127.0.0.1',
          port,
          onError: () => {},
        },
        { cacheTtl: 1 },
      )
      await expect(second).rejects.toMatchObject({ code: 'port-in-use' })
    })
  })
}

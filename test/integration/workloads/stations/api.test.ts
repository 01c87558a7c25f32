import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Store } from '../../../../src/lib/ports/database.ts'
import { bookings, days, outbox } from '../../../../src/lib/workloads/stations/tables.ts'
import type { ShownDay, ShownStation } from '../../../../src/lib/workloads/stations/api-schemas.ts'
import type { RunningServer } from '../../../../src/lib/ports/workload.ts'
import { testEngines, type TestDatabase } from '../../../support/database/engines.ts'
import {
  acknowledged,
  audit,
  createPlace,
  post,
  published,
  serve,
  wishOf,
  type Place,
} from '../../../support/stations/stations.ts'

const locations = [
  { name: 'PWTC', from: '2021-05-16', days: 30, capacity: 1000 },
  { name: 'Spice Arena', from: '2021-05-30', days: 3, capacity: 5 },
]

for (const engine of testEngines) {
  describe.skipIf(engine.open === null)(`the stations API on ${engine.name}`, () => {
    let test: TestDatabase
    let place: Place
    let server: RunningServer
    let file: string
    let failsToBook = false
    const errors: Error[] = []

    beforeAll(async () => {
      test = await engine.open!()
      place = await createPlace(test.url)
      file = await place.writeLocations(locations)
      const store: Store = {
        ...place.database.store,
        apply: async (changes) => {
          if (failsToBook) throw new Error('no such table: station_bookings')
          return place.database.store.apply(changes)
        },
      }
      const database = { ...place.database, store }
      server = await serve(place, { locations: file, database, onError: (error) => errors.push(error) })
    })

    afterAll(async () => {
      await server.close()
      await place[Symbol.asyncDispose]()
      await test.remove()
    })

    const get = (path: string) => fetch(server.origin + path)
    const json = async <T>(path: string): Promise<T> => (await (await get(path)).json()) as T
    const bodyOf = async (response: Response) => [response.status, await response.json()] as const

    it('shows the stations, and the days of each in order, for a second', async () => {
      expect(await json<ShownStation[]>('/stations')).toEqual([
        { name: 'PWTC', firstDay: '20210516', lastDay: '20210614', days: 30, capacity: 30_000, available: 30_000 },
        { name: 'Spice Arena', firstDay: '20210530', lastDay: '20210601', days: 3, capacity: 15, available: 15 },
      ])
      const response = await get('/stations/PWTC')
      expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'public, max-age=1'])
      expect(response.headers.get('content-type')).toMatch('application/json')
      const shown = (await response.json()) as ShownDay[]
      expect(shown[0]).toEqual({ date: '20210516', capacity: 1000, available: 1000 })
      expect(shown).toHaveLength(30)
      expect(shown.map(({ date }) => date)).toEqual(shown.map(({ date }) => date).toSorted())
      const other = await json<ShownDay[]>('/stations/Spice%20Arena')
      expect(other.map(({ date }) => date)).toEqual(['20210530', '20210531', '20210601'])
    })

    it('books a place: the day has one less, the topic one message more', async () => {
      const wish = wishOf('B1', { date: '20210517', firstName: 'Zoë "Z"', address: String.raw`C:\ 7, 日本` })
      expect(await bodyOf(await post(server.origin, wish))).toEqual([201, wish])
      expect((await json<ShownDay[]>('/stations/PWTC'))[1]).toMatchObject({ date: '20210517', available: 999 })
      await expect.poll(() => published(place), { timeout: 20_000 }).toContainEqual(wish)
      await expect.poll(() => place.database.store.count(outbox), { timeout: 20_000 }).toBe(0)
    })

    it('gives one place to one person, whatever day and however often it is asked', async () => {
      const wish = wishOf('B2')
      const answers = await Promise.all(Array.from({ length: 20 }, () => post(server.origin, wish)))
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
      expect(answers.filter(({ status }) => status === 409)).toHaveLength(19)
      expect(await bodyOf(await post(server.origin, { ...wish, location: 'Spice Arena', date: '20210530' }))).toEqual([
        409,
        { error: 'taken', message: 'B2 has a place already.' },
      ])
      expect(await place.database.store.find(bookings, { mysejahtera_id: 'B2' })).toHaveLength(1)
    })

    it('never sells a place twice: of 40 at once for 5 places, 5 get one', async () => {
      const wishes = Array.from({ length: 40 }, (_, n) =>
        wishOf(`rush-${n}`, { location: 'Spice Arena', date: '20210531' }),
      )
      const answers = await Promise.all(wishes.map((wish) => post(server.origin, wish)))
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(5)
      const sold = answers.find(({ status }) => status === 409)
      expect(await sold!.json()).toEqual({ error: 'sold-out', message: 'Spice Arena has no place left on 20210531.' })
      expect((await place.database.store.find(days, { id: 'Spice Arena/20210531' }))[0]?.available).toBe(0)
      const winners = wishes.filter((_, n) => answers[n]!.status === 201)
      expect(await audit(place, acknowledged(winners))).toMatchObject({ acknowledged: 5, passed: true })
    })

    it.each([
      ['/stations/Nowhere', 'There is no station Nowhere.'],
      ['/stations/%00', 'There is no station \0.'],
      ['/nothing', 'There is nothing at GET /nothing.'],
    ])('says at %s that there is none', async (path, message) => {
      expect(await bodyOf(await get(path))).toEqual([404, { error: expect.stringMatching(/^no-such-/), message }])
    })

    it('says which of station and day there is not', async () => {
      expect(await bodyOf(await post(server.origin, wishOf('N1', { location: 'Nowhere' })))).toEqual([
        404,
        { error: 'no-such-station', message: 'There is no station Nowhere.' },
      ])
      expect(await bodyOf(await post(server.origin, wishOf('N1', { date: '20210615' })))).toEqual([
        404,
        { error: 'no-such-day', message: 'PWTC is not open on 20210615.' },
      ])
      expect(await place.database.store.find(bookings, { mysejahtera_id: 'N1' })).toEqual([])
    })

    it.each([
      [wishOf(''), 'mysejahteraId'],
      [wishOf('has space '), 'mysejahteraId'],
      [wishOf('a'.repeat(65)), 'mysejahteraId'],
      [wishOf('X', { firstName: ' ' }), 'firstName'],
      [wishOf('X', { lastName: 'a\0b' }), 'lastName'],
      [wishOf('X', { address: 'a'.repeat(301) }), 'address'],
      [wishOf('X', { location: 'a/b' }), 'location'],
      [wishOf('X', { phoneNumber: 'call me' }), 'phoneNumber'],
      [wishOf('X', { date: '20210230' }), 'date'],
      [wishOf('X', { date: '2021-05-16' }), 'date'],
      [{ ...wishOf('X'), date: 20_210_516.5 }, 'date'],
      [{ mysejahteraId: 'X' }, 'firstName'],
      [`${JSON.stringify(wishOf('X')).slice(0, -1)},"lastName":"\\ud83c"}`, 'lastName'],
      [{ ...wishOf('X'), mysejahteraId: 12 }, 'mysejahteraId'],
      [JSON.stringify(wishOf('X')).replace('"X"', '12345678901234567890'), 'mysejahteraId'],
      [{ ...wishOf('X'), phoneNumber: 60_123_456_789 }, 'phoneNumber'],
      [{ ...wishOf('X'), vaccine: 'any' }, 'vaccine'],
      ['{"mysejahteraId": "X', 'body'],
      ['', 'body'],
      ['null', 'body'],
    ])('refuses %j with 422 and the field %s', async (body, field) => {
      const [status, answer] = await bodyOf(await post(server.origin, body))
      expect([status, answer]).toMatchObject([422, { error: 'invalid', issues: [{ field }] }])
    })

    it('stores a booking as it was sent or refuses it, whatever is in it', async () => {
      const text = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 70 }),
        fc.constantFrom('Zoë', "' or 1=1 --", '日本 ', '%00'),
      )
      const right = wishOf('x')
      const field = (key: keyof typeof right) =>
        fc.oneof(
          { weight: 6, arbitrary: fc.constant(right[key] as unknown) },
          { weight: 1, arbitrary: text },
          fc.jsonValue(),
        )
      const body = fc.record({
        mysejahteraId: fc.oneof(fc.uuid(), text),
        firstName: text,
        lastName: text,
        address: text,
        location: field('location'),
        phoneNumber: field('phoneNumber'),
        date: field('date'),
      })
      await fc.assert(
        fc.asyncProperty(body, async (sent) => {
          const response = await post(server.origin, sent)
          expect([201, 404, 409, 422]).toContain(response.status)
          if (response.status !== 201) return
          expect(await response.json()).toEqual(sent)
          const [stored] = await place.database.store.find(bookings, { mysejahtera_id: sent.mysejahteraId })
          const { first_name: firstName, last_name: lastName, address } = stored!
          expect({ firstName, lastName, address }).toEqual({
            firstName: sent.firstName,
            lastName: sent.lastName,
            address: sent.address,
          })
        }),
        { numRuns: 100 },
      )
    })

    it('refuses what is too large before it is read', async () => {
      expect((await post(server.origin, 'x'.repeat(17 * 1024))).status).toBe(413)
    })

    it('tells how it is, measures itself and documents itself', async () => {
      expect(await json('/healthz')).toEqual({ status: 'ok' })
      const metrics = await (await get('/metrics')).text()
      expect(metrics).toContain('route="/stations/:name",status="200"')
      expect(metrics).toMatch(/^bookings_published_total [1-9]/m)
      const { paths } = await json<{ paths: object }>('/docs/json')
      expect(Object.keys(paths)).toEqual(['/stations', '/stations/{name}', '/booking'])
      expect(await (await get('/docs')).text()).toContain('<html')
    })

    it('tells its owner, not its client, why it failed, and acknowledges nothing then', async () => {
      failsToBook = true
      const answer = await bodyOf(await post(server.origin, wishOf('F1')))
      failsToBook = false
      expect(answer).toEqual([500, { error: 'internal', message: 'The request could not be carried out.' }])
      expect(errors.at(-1)?.message).toContain('station_bookings')
      expect(await place.database.store.find(bookings, { mysejahtera_id: 'F1' })).toEqual([])
    })

    it('keeps answers for as long as it is told, and made-up names not at all', async () => {
      const other = await serve(place, { locations: file, cacheTtl: 60_000 })
      const read = async () => (await fetch(`${other.origin}/stations/PWTC`)).text()
      const before = await read()
      expect((await post(other.origin, wishOf('C1', { date: '20210518' }))).status).toBe(201)
      expect(await read()).toBe(before)
      const late = [{ name: 'Late', from: '2021-05-16', days: 1, capacity: 1 }]
      expect((await fetch(`${other.origin}/stations/Late`)).status).toBe(404)
      const third = await serve(place, { locations: await place.writeLocations(late) })
      expect((await fetch(`${other.origin}/stations/Late`)).status).toBe(200)
      await Promise.all([other.close(), third.close()])
    })
  })
}

describe('an API that starts', () => {
  it('adds what is missing, also while others do, and leaves what is there', async () => {
    await using place = await createPlace()
    const file = await place.writeLocations([{ name: 'PWTC', from: '2021-05-16', days: 2, capacity: 7 }])
    const first = await serve(place, { locations: file })
    expect((await post(first.origin, wishOf('A'))).status).toBe(201)
    await place.writeLocations(locations)
    const others = await Promise.all([0, 1, 2].map(() => serve(place, { locations: file })))
    const stored = await place.database.store.find(days, {}, { orderBy: ['id'], limit: 3 })
    expect(stored.map(({ capacity, available }) => [capacity, available])).toEqual([
      [7, 6],
      [7, 7],
      [1000, 1000],
    ])
    expect(await place.database.store.count(days)).toBe(33)
    await Promise.all([first, ...others].map((server) => server.close()))
  })

  it('ends with a sentence where its stations cannot be used, or its port is taken', async () => {
    await using place = await createPlace()
    const file = await place.writeLocations([])
    await expect(serve(place, { locations: file })).rejects.toMatchObject({ code: 'locations-unusable' })
  })
})

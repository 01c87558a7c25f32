import { createClient } from 'redis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { bookings, days } from '../../../../src/lib/workloads/stations/tables.ts'
import { borrowDatabase, type LentDatabase } from '../../../support/database/redis-databases.ts'
import { findService } from '../../../support/services.ts'
import { acknowledged, audit, createPlace, post, serve, wishOf } from '../../../support/stations/stations.ts'

const service = await findService('redis')
const locations = [{ name: 'PWTC', from: '2021-05-16', days: 1, capacity: 1000 }]

/** Who book at the same moment, each on a connection of its own. */
const rivals = 8

describe.skipIf(service === null)('bookings on Redis that come at the same moment', () => {
  let lent: LentDatabase
  beforeEach(async () => void (lent = await borrowDatabase(service!)))
  afterEach(() => lent.remove())

  it("are lost, though acknowledged, when an answer to EXEC is taken for a yes: the original's fault", async () => {
    const clients = await Promise.all(Array.from({ length: rivals }, () => createClient({ url: lent.url }).connect()))
    await clients[0]!.set('available', 1000)
    await Promise.all(clients.map((client) => client.watch('available')))
    const seen = await Promise.all(clients.map((client) => client.get('available')))
    const answers = await Promise.all(
      clients.map(async (client, person) => {
        const left = Number(seen[person]) - 1
        await client
          .multi()
          .set('available', left)
          .sAdd('booked', `P${person}`)
          .exec()
          .catch(() => null)
        return 201
      }),
    )
    expect(answers).toHaveLength(rivals)
    expect(await clients[0]!.sCard('booked')).toBe(1)
    for (const client of clients) client.destroy()
  })

  it('are stored, all that were acknowledged, by as many APIs as there may be', async () => {
    await using place = await createPlace(lent.url)
    const file = await place.writeLocations(locations)
    const databases = await Promise.all(
      Array.from({ length: rivals }, () => connectDatabase(lent.url, { poolSize: 2 })),
    )
    const servers = await Promise.all(databases.map((database) => serve(place, { database, locations: file })))
    const booked = []
    for (let round = 0; round < 20; round++) {
      const wishes = servers.map((_, n) => wishOf(`R${round}-${n}`))
      const answers = await Promise.all(wishes.map((wish, n) => post(servers[n]!.origin, wish)))
      booked.push(...wishes.filter((_, n) => answers[n]!.status === 201))
    }
    await Promise.all(servers.map((server) => server.close()))
    expect(booked).toHaveLength(20 * rivals)
    expect(await place.database.store.count(bookings)).toBe(20 * rivals)
    expect((await place.database.store.find(days, {}))[0]?.available).toBe(1000 - 20 * rivals)
    expect(await audit(place, acknowledged(booked))).toMatchObject({ acknowledged: 20 * rivals, passed: true })
    for (const database of databases) await database[Symbol.asyncDispose]()
  })

  it('are one, and the others refused, where they are for the last place or of the same person', async () => {
    await using place = await createPlace(lent.url)
    const file = await place.writeLocations([{ ...locations[0]!, capacity: 1 }])
    const databases = await Promise.all(
      Array.from({ length: rivals }, () => connectDatabase(lent.url, { poolSize: 2 })),
    )
    const servers = await Promise.all(databases.map((database) => serve(place, { database, locations: file })))
    const statuses = async (person: (n: number) => string) => {
      const answers = await Promise.all(servers.map((server, n) => post(server.origin, wishOf(person(n)))))
      return answers.map(({ status }) => status).toSorted((a, b) => a - b)
    }
    const oneOf = [201, ...Array.from({ length: rivals - 1 }, () => 409)]
    expect(await statuses((n) => `P${n}`)).toEqual(oneOf)
    await place.database.store.update(days, {}, { capacity: 1000, available: 999 })
    expect(await statuses(() => 'same')).toEqual(oneOf)
    await Promise.all(servers.map((server) => server.close()))
    expect(await audit(place)).toMatchObject({ passed: true })
    for (const database of databases) await database[Symbol.asyncDispose]()
  })
})

import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openBroker } from '../../../../src/lib/adapters/brokers/registry.ts'
import { migrateDown } from '../../../../src/lib/adapters/databases/migrate.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { createMemoryPubSub } from '../../../../src/lib/adapters/pubsub/pubsub.ts'
import type { Broker } from '../../../../src/lib/ports/broker.ts'
import { meetupTables } from '../../../../src/lib/workloads/meetups/index.ts'
import { outbox, type OutboxRow } from '../../../../src/lib/workloads/meetups/post/tables.ts'
import { leases, outgoing, positions, startRelayService } from '../../../../src/lib/workloads/meetups/relay.ts'
import { startRelay, type Relay } from '../../../../src/lib/workloads/shared/outbox/relay.ts'
import { readAll } from '../../../support/broker/recording.ts'
import { createMeetupDatabase, type MeetupDatabase } from '../../../support/meetups/meetup-database.ts'
import { outboxRow as row } from '../../../support/meetups/outbox-rows.ts'
import { startPrivateService, type PrivateService } from '../../../support/private-service.ts'

const times = {
  lingerMs: 1,
  idleMs: 50,
  standbyMs: 20,
  leaseMs: 1000,
  retryMs: [5, 50],
  drainMs: 5000,
  settleMs: 20,
  // Nothing but the log is to tell of rows.
  sweepMs: 600_000,
  keepMs: 100,
  reopenMs: 100,
} as const

const never = new AbortController().signal

for (const name of ['mariadb', 'postgres'] as const) {
  describe(`a relay that follows the log of ${name}`, () => {
    let server: PrivateService | null
    let place: MeetupDatabase
    let folder: string
    let broker: Broker
    let relays: Relay[]
    let errors: Error[]

    beforeAll(async () => {
      server = await startPrivateService(name)
    }, 120_000)

    afterAll(() => server?.[Symbol.asyncDispose]())

    beforeEach(async (context) => {
      context.skip(!server)
      place = await createMeetupDatabase(async () => ({ url: server!.url, remove: async () => {} }))
      folder = await mkdtemp(join(tmpdir(), 'rushbench-relay-'))
      broker = await openBroker(`sqlite:${join(folder, 'broker.db')}`)
      relays = []
      errors = []
    })

    afterEach(async () => {
      if (!server) return
      await Promise.all(relays.map((relay) => relay.close()))
      await migrateDown(place.database, 'meetups', meetupTables)
      await place[Symbol.asyncDispose]()
      await broker[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    })

    function start(other: { readonly sweepMs?: number } = {}): Relay {
      const { store, rowLog } = place.database
      const onError = (error: Error) => void errors.push(error)
      const common = { store, outbox: outgoing, openBroker: async () => broker, onError, onPublished: () => {} }
      const relay = startRelay({ ...common, log: { rowLog: rowLog!, positions } }, { ...times, ...other })
      relays.push(relay)
      return relay
    }

    const insert = (...rows: OutboxRow[]) => place.database.store.insert(outbox, rows)
    const published = async (): Promise<{ aggregate: string; n: number; text?: string }[]> =>
      (await readAll(broker, 'meetup-events')).map(
        ({ value }) => JSON.parse(String(value)) as { aggregate: string; n: number },
      )

    /** A row that is marked already: who looks into the table does not see it. */
    async function awaitLog(): Promise<void> {
      const probe = randomUUID()
      await expect
        .poll(
          async () => {
            await insert(row(probe, 0, 1))
            return (await published()).some(({ aggregate }) => aggregate === probe)
          },
          { timeout: 20_000, interval: 100 },
        )
        .toBe(true)
    }

    const numbersOf = async (key: string) =>
      (await published()).filter(({ aggregate }) => aggregate === key).map(({ n }) => n)
    const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)
    const waiting = () => place.database.store.find(outbox, { published_at: 0 })

    it('publishes what was there, then each row as it is committed, in order by key, and marks it', async () => {
      const keys = [randomUUID(), randomUUID(), randomUUID()]
      await insert(...upTo(700).map((n) => row(keys[0]!, n)))
      const relay = start()
      await awaitLog()
      await Promise.all(
        keys.slice(1).map(async (key) => {
          for (let n = 0; n < 50; n++) await insert(row(key, n))
        }),
      )
      for (const key of keys.slice(1)) await expect.poll(() => numbersOf(key)).toEqual(upTo(50))
      expect(await numbersOf(keys[0]!)).toEqual(upTo(700))
      expect((await published()).every((event) => event.text === "a 'quoted' \\ 🎣")).toBe(true)
      await expect.poll(waiting).toEqual([])
      await relay.close()
      expect(errors).toEqual([])
    })

    it('looks into the table from time to time: for what no log tells of, and publishes nothing twice that both tell of', async () => {
      const [silent, many, ...keys] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()] as const
      // Marked as done, and undone by a change, which is no new row.
      const quiet = row(silent, 0, 1)
      await insert(quiet)
      // While these are moved by way of the table, the log is opened: it tells of the rows that come meanwhile, too.
      for (let thousand = 0; thousand < 3; thousand++)
        await insert(...upTo(1000).map((n) => row(many, 1000 * thousand + n)))
      start({ sweepMs: 20 })
      await Promise.all(
        keys.map(async (key) => {
          for (let n = 0; n < 150; n++) {
            await insert(row(key, n))
            // So that the log is idle now and then, which is when the table is looked at.
            if (n % 10 === 9) await sleep(30)
          }
        }),
      )
      await awaitLog()
      expect(await numbersOf(many)).toEqual(upTo(3000))
      expect(await numbersOf(silent)).toEqual([])
      await place.database.store.update(outbox, { id: quiet.id }, { published_at: 0 })
      await expect.poll(() => numbersOf(silent)).toEqual([0])
      for (const key of keys) await expect.poll(() => numbersOf(key)).toEqual(upTo(150))
      await expect.poll(waiting).toEqual([])
      const marks = await place.database.store.find(outbox, { aggregate: { in: [silent, ...keys] } })
      expect(marks.filter(({ published_at: at }) => at <= 1)).toEqual([])
      expect(errors).toEqual([])
    })

    it('goes on where it was, through a server that is killed and begins another log', async () => {
      const key = randomUUID()
      start()
      await awaitLog()
      await insert(row(key, 0))
      await expect.poll(() => numbersOf(key)).toEqual([0])
      await server!.kill()
      await expect.poll(() => errors.map((error) => (error as { code?: string }).code)).toContain('log-lost')
      await server!.start()
      for (let n = 1; n < 20; n++) await insert(row(key, n))
      await awaitLog()
      await expect.poll(async () => [...new Set(await numbersOf(key))], { timeout: 20_000 }).toEqual(upTo(20))
      await expect.poll(waiting).toEqual([])
    })

    it('keeps its position for the next one, and none that nobody needs', async () => {
      const rowLog = place.database.rowLog!
      expect(await rowLog.unavailable()).toBeNull()
      const first = await rowLog.follow<OutboxRow>(outbox, null)
      const [one, two, three] = [row(randomUUID(), 1), row(randomUUID(), 2), row(randomUUID(), 3)]
      await insert(one)
      await insert(two)
      const seen = await first.read(1, 5000, never)
      expect(seen.rows.map((logged) => logged.row)).toEqual([one])
      first.confirm(seen.position)
      // The server has to hear of it before it is left.
      await first.end()
      await first.close()
      await server!.kill()
      await server!.start()
      await insert(three)
      const second = await rowLog.follow<OutboxRow>(outbox, seen.position)
      const rest: OutboxRow[] = []
      while (rest.length < 2) {
        const { rows } = await second.read(10, 5000, never)
        // PostgreSQL writes what was confirmed to its disk later, and so tells some of it again.
        rest.push(...rows.filter(({ position }) => position > seen.position).map((logged) => logged.row))
      }
      expect(rest).toEqual([two, three])
      await second.close()
      // From a log that is not there any more, it begins at the end.
      const third = await rowLog.follow<OutboxRow>(outbox, 'elsewhere/binlog/0000000001/0000000000000004')
      if (name === 'mariadb') expect((await third.read(10, 200, never)).rows).toEqual([])
      await third.close()
    })

    it('takes turns with others by the lease, and leaves nothing on the server when the last one ends', async () => {
      const key = randomUUID()
      const [first, second] = [start(), start()]
      await awaitLog()
      await insert(...upTo(5).map((n) => row(key, n)))
      await expect.poll(() => numbersOf(key)).toEqual(upTo(5))
      await first.close()
      await awaitLog()
      await insert(row(key, 5))
      await expect.poll(() => numbersOf(key)).toEqual(upTo(6))
      await second.close()
      expect(await place.database.store.find(leases, {})).toMatchObject([{ holder: '' }])
      expect(await place.database.store.count(positions)).toBe(1)
      if (name === 'postgres') expect(await slots()).toEqual([])
      expect(errors).toEqual([])
    })

    // A server without slots has none to leave.
    it.each(name === 'postgres' ? [name] : [])(
      'leaves no slot of %s behind: not by migrate --down, not by --relay poll',
      async () => {
        const rowLog = place.database.rowLog!
        const leave = async () => (await rowLog.follow(outbox, null)).close()
        await leave()
        expect(await slots()).toHaveLength(1)
        const system = { database: place.database, openBroker: async () => broker, onError: () => {} }
        const parts = { ...system, openPubSub: async () => createMemoryPubSub(), openCache: unused, clients: null! }
        await (await startRelayService(parts, 'poll')).close()
        expect(await slots()).toEqual([])
        await leave()
        await migrateDown(place.database, 'meetups', meetupTables)
        expect(await slots()).toEqual([])
      },
    )

    // On MariaDB a right is the user's alone, whom nobody but root can make here.
    it.each(name === 'postgres' ? [name] : [])(
      'cannot be followed on %s by a role without REPLICATION: it is polled, and the right is named',
      async () => {
        await ask(`create role clerk login password 'clerk';
          grant select, insert, update, delete on all tables in schema public to clerk`)
        const url = server!.url.replace('rushbench:rushbench', 'clerk:clerk')
        await using database = await connectDatabase(url, { poolSize: 2 })
        const system = { database, openBroker: async () => broker, onError: (error: Error) => void errors.push(error) }
        const parts = { ...system, openPubSub: async () => createMemoryPubSub(), openCache: unused, clients: null! }
        const why = 'the user lacks the right REPLICATION: ALTER ROLE "clerk" REPLICATION'
        const refused = { code: 'log-unavailable', message: expect.stringContaining(why) }
        await expect(startRelayService(parts, 'log')).rejects.toMatchObject(refused)
        const relay = await startRelayService(parts, 'auto')
        expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining(why)])
        const key = randomUUID()
        await insert(row(key, 0))
        await expect.poll(() => numbersOf(key)).toEqual([0])
        await relay.close()
        expect(await slots()).toEqual([])
      },
    )

    const unused = () => Promise.reject(new Error('not asked for'))

    async function ask(sql: string): Promise<readonly object[]> {
      const { Client } = (await import('pg')).default
      const client = new Client({ connectionString: server!.url })
      await client.connect()
      try {
        return (await client.query<object>(sql)).rows
      } finally {
        await client.end()
      }
    }

    const slots = () => ask('select slot_name from pg_replication_slots')
  })
}

it('the log of mysql8 is followed, from a position in a file that is no longer the last', async () => {
  await using server = await startPrivateService('mysql8')
  if (!server) return
  await using place = await createMeetupDatabase(async () => ({ url: server.url, remove: async () => {} }))
  const rowLog = place.database.rowLog!
  expect(await rowLog.unavailable()).toBeNull()
  const first = await rowLog.follow<OutboxRow>(outbox, null)
  const rows = [row(randomUUID(), 0), row(randomUUID(), 1)] as const
  const from = await first.end()
  await place.database.store.insert(outbox, [rows[0]])
  expect((await first.read(10, 5000, never)).rows.map((logged) => logged.row)).toEqual([rows[0]])
  await first.close()
  await server.kill()
  await server.start()
  await place.database.store.insert(outbox, [rows[1]])
  const second = await rowLog.follow<OutboxRow>(outbox, from)
  const seen: OutboxRow[] = []
  while (seen.length < 2) seen.push(...(await second.read(10, 5000, never)).rows.map((logged) => logged.row))
  expect(seen).toEqual(rows)
  await second.close()
}, 120_000)

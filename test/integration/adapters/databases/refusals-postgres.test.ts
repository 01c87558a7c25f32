import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { compareTables, migrateDown, migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import type { Database } from '../../../../src/lib/ports/database.ts'
import { connectPostgres } from '../../../../src/lib/adapters/databases/postgres/connection.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { readJournal } from '../../../../src/lib/seeding/journal.ts'
import { seedRows } from '../../../../src/lib/seeding/seed.ts'
import { vaccination } from '../../../../src/lib/workloads/vaccination/index.ts'
import { planReservations, reservationSeeding } from '../../../../src/lib/workloads/vaccination/seeding.ts'
import { insertMissingSlots } from '../../../../src/lib/workloads/vaccination/slots.ts'
import { waitText } from '../../../../src/lib/adapters/databases/waits.ts'
import { startPrivateService } from '../../../support/private-service.ts'
import { withNotes } from '../../../support/database/alterations.ts'
import { changed } from '../../../support/database/server-contract.ts'
import { seats, show, shows, tables, workload } from '../../../support/database/tables.ts'
import type { Wait } from '../../../../src/lib/ports/database-facts.ts'
import { reservationJournal } from '../../../../src/lib/seeding/reservation-journal.ts'

const server = await startPrivateService('postgres', '--max_connections=10')
afterAll(async () => server?.[Symbol.asyncDispose]())

describe.skipIf(server === null)('PostgreSQL that says no', () => {
  let url: string
  let admin: Client
  let made = 0

  async function connect(at: string): Promise<Client> {
    const client = new Client({ connectionString: at })
    await client.connect()
    return client
  }

  beforeAll(async () => {
    const first = await connect(server?.url ?? '')
    await first.query("create role clerk login password 'clerk'")
    await first.end()
  })
  beforeEach(async () => {
    const name = `refusals_${++made}`
    const first = await connect(server?.url ?? '')
    await first.query(`create database ${name}`)
    await first.end()
    url = changed(server?.url ?? '', { pathname: `/${name}` })
    admin = await connect(url)
    return () => admin.end()
  })

  const clerkUrl = () => changed(url, { username: 'clerk', password: 'clerk' })

  /** Tables with a row, made by somebody else, in which the clerk has these rights. */
  async function prepare(rights: string): Promise<void> {
    await using database = await connectDatabase(url, { poolSize: 1 })
    await migrateUp(database, workload, tables)
    await database.store.insert(shows, [show(1)])
    if (rights !== '') await admin.query(`grant ${rights} on shows, seats to clerk`)
  }

  type Work = (database: Database) => Promise<unknown>
  const works: readonly (readonly [string, string, Work])[] = [
    ['SELECT', 'insert', ({ store }) => store.find(shows, {})],
    ['INSERT', 'select, update, delete', ({ store }) => store.insert(shows, [show(2)])],
    ['SELECT, UPDATE', 'select, insert, delete', ({ store }) => store.update(shows, { id: 1 }, { free: 7 })],
    ['SELECT, DELETE', 'select, insert, update', ({ store }) => store.remove(shows, { id: 1 })],
    ['UPDATE', 'select, insert', (database) => database.awaitWriters(shows)],
  ]

  async function refusedTo(work: Work): Promise<string> {
    await using database = await connectDatabase(clerkUrl(), { poolSize: 1 })
    const error = (await work(database).catch((thrown: unknown) => thrown)) as { code: string; message: string }
    expect(error).toMatchObject({ code: 'right-missing' })
    return /Grant it with "(.*?)", or name/.exec(error.message)?.[1] ?? error.message
  }

  it.each(works)('names the right %s, and what it says mends it', async (right, granted, work) => {
    await prepare(granted)
    const grant = await refusedTo(work)
    expect(grant).toBe(`GRANT ${right} ON TABLE "shows" TO "clerk"`)
    await admin.query(grant)
    await using database = await connectDatabase(clerkUrl(), { poolSize: 1 })
    await work(database)
  })

  it('names what tables cannot be made without, one after the other', async () => {
    const mark = 'rushbench:contract:0'
    const makeShows: Work = (database) => database.createTables([{ table: { ...shows, name: 'own' }, mark }])
    const create = await refusedTo(makeShows)
    expect(create).toBe('GRANT USAGE, CREATE ON SCHEMA "public" TO "clerk"')
    await admin.query(create)
    await prepare('')
    await admin.query('drop table seats')
    const makeSeats: Work = (database) => database.createTables([{ table: seats, mark }])
    const reference = await refusedTo(makeSeats)
    expect(reference).toBe('GRANT REFERENCES ON TABLE "shows" TO "clerk"')
    await admin.query(reference)
    await using database = await connectDatabase(clerkUrl(), { poolSize: 1 })
    await makeShows(database)
    await makeSeats(database)
    expect(await refusedTo((other) => other.dropTables([shows]))).toBe('ALTER TABLE "shows" OWNER TO "clerk"')
  })

  it('names the right that policies of a table ask for', async () => {
    await prepare('all')
    await admin.query('alter table shows enable row level security')
    const grant = await refusedTo(({ store }) => store.insert(shows, [show(2)]))
    expect(grant).toBe('ALTER ROLE "clerk" BYPASSRLS')
  })

  it('leaves no unfinished seeding behind where nothing could be stored', async () => {
    await using owner = await connectDatabase(url, { poolSize: 1 })
    await migrateUp(owner, vaccination.name, vaccination.tables)
    const slots = { from: '2000-01-01', years: 1, opens: 480, closes: 480, every: 3_600_000, capacity: 5 }
    for await (const _ of insertMissingSlots(owner, slots));
    await admin.query('grant select, update on schedules to clerk; grant select on reservations to clerk')
    await admin.query('grant create on schema public to clerk')
    await using database = await connectDatabase(clerkUrl(), { poolSize: 2 })
    const choices = { seed: 's', keys: 'ascending', order: 'grouped', indexes: 'before' } as const
    const recipe = await planReservations(database, { rows: 10 }, choices)
    const seeding = seedRows(database, reservationSeeding, recipe, { connections: 1, onProgress: () => {} })
    await expect(seeding).rejects.toMatchObject({ code: 'right-missing' })
    expect(await readJournal(database, reservationJournal)).toBeNull()
    expect((await owner.tables()).map(({ name }) => name).sort()).toEqual(['reservations', 'schedules'])
  })

  it('names the right to make a trigger, which even the owner of a table may lack', async () => {
    await admin.query('grant create on schema public to clerk')
    const clerk = await connect(clerkUrl())
    await clerk.query('alter default privileges revoke trigger on tables from clerk')
    const watched = { ...shows, name: 'watched', watched: true }
    const make: Work = (database) => database.createTables([{ table: watched, mark: 'rushbench:contract:0' }])
    expect(await refusedTo(make)).toBe('GRANT TRIGGER ON TABLE "watched" TO "clerk"')
    await clerk.query('alter default privileges grant trigger on tables to clerk')
    await clerk.end()
    await using database = await connectDatabase(clerkUrl(), { poolSize: 1 })
    expect(await database.tables()).toEqual([])
    await make(database)
  })

  it('compares the tables for a role that has no right on them', async () => {
    await using maker = await connectDatabase(url, { poolSize: 1 })
    await migrateUp(maker, workload, withNotes)
    await using database = await connectDatabase(clerkUrl(), { poolSize: 1 })
    const compared = async () =>
      (await compareTables(database, workload, withNotes)).flatMap(({ differences, notCompared }) => [
        ...differences.map(({ what, found }) => `${what}: ${found}`),
        ...(notCompared === undefined ? [] : [notCompared]),
      ])
    expect(await compared()).toEqual([])
    await admin.query('alter table seats drop constraint seats_show_id_fk')
    expect(await compared()).toEqual(['reference: null'])
  })

  it('works in no other schema than the one that the URL names', async () => {
    await prepare('')
    const at = (parameters: string) => connectDatabase(`${url}?${parameters}`, { poolSize: 1 })
    const missing = ['search_path=tenant', 'options=-c%20search_path%3Dtenant,public', 'search_path=%22$user%22,Tenant']
    for (const parameters of missing) {
      await expect(at(parameters)).rejects.toMatchObject({
        code: 'schema-missing',
        message: expect.stringContaining('names the schema tenant'),
      })
    }
    await expect(at('options=-c%20search_path%3D')).rejects.toMatchObject({ code: 'schema-missing' })
    await admin.query('create schema tenant')
    for (const parameters of missing) {
      await using database = await at(parameters)
      expect(await migrateDown(database, workload, tables)).toEqual([])
    }
    await using usual = await at('search_path=%22$user%22,public')
    expect((await usual.tables()).map((table) => table.name).sort()).toEqual(['seats', 'shows'])
  })

  it('ends what takes too long only where the URL says so', async () => {
    await admin.query(`alter database ${new URL(url).pathname.slice(1)} set statement_timeout = '100ms'`)
    const sleep = { sql: 'select pg_sleep(0.3)', parameters: [] }
    const patient = await connectPostgres(url, 1)
    await patient.query(sleep)
    await patient.close()
    const hasty = await connectPostgres(`${url}?options=-c%20statement_timeout%3D100`, 1)
    await expect(hasty.query(sleep)).rejects.toMatchObject({ code: 'statement-timeout' })
    await hasty.close()
  })

  it('has no place left: that is said, and waited for', async () => {
    const others: Client[] = []
    const full = async () => {
      for (;;) others.push(await connect(url))
    }
    await expect(full()).rejects.toMatchObject({ code: '53300' })
    const waits: string[] = []
    const onWait = (wait: Wait | null) => void (wait && waits.push(waitText(wait)))
    const opening = connectDatabase(url, { poolSize: 1, onWait })
    await expect
      .poll(() => waits.at(-1), { timeout: 8000 })
      .toMatch(/^waiting for a connection: the server has no free one \(max_connections\), [1-9] s$/)
    for (const other of others) await other.end()
    await using database = await opening
    expect(database.retries()['no free connection (53300)']).toBeGreaterThan(0)
  })

  it('names the session that a lock is waited for, whatever waits', async () => {
    await prepare('')
    const holder = await connect(`${url}?application_name=night-job`)
    const waits: string[] = []
    const onWait = (wait: Wait | null) => void waits.push(wait ? waitText(wait) : 'over')
    await using database = await connectDatabase(url, { poolSize: 1, onWait })
    const pid = (holder as unknown as { processID: number }).processID
    await holder.query('begin')
    await holder.query('select * from shows for update')
    const updating = database.store.update(shows, { id: 1 }, { free: 7 })
    const named = new RegExp(`^waiting for the lock that session ${pid} holds, [1-9] s$`)
    await expect.poll(() => waits.at(-1), { timeout: 8000 }).toMatch(named)
    await holder.query('rollback')
    expect(await updating).toBe(1)
    await expect.poll(() => waits.at(-1), { timeout: 8000 }).toBe('over')
    // Whoever reads keeps a table from being dropped.
    await holder.query('begin')
    await holder.query('select * from shows')
    const dropping = migrateDown(database, workload, tables)
    await expect.poll(() => waits.at(-1), { timeout: 8000 }).toMatch(named)
    await holder.query('commit')
    await dropping
    await holder.end()
  })

  it('drops nothing where a view is made of a table', async () => {
    await prepare('')
    await admin.query('create view titles as select title from shows')
    await using database = await connectDatabase(url, { poolSize: 1 })
    await expect(migrateDown(database, workload, tables)).rejects.toMatchObject({
      code: 'tables-depended-on',
      message: expect.stringContaining('view titles depends on table shows. Nothing was dropped'),
    })
    const names = (await database.tables()).map((table) => table.name)
    expect(names).toEqual(expect.arrayContaining(['seats', 'shows']))
  })
})

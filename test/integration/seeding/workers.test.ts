import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { migrateDown, migrateUp } from '../../../src/lib/adapters/databases/migrate.ts'
import type { Database } from '../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../src/lib/adapters/databases/registry.ts'
import { beginJournal, readJournal, removeJournal } from '../../../src/lib/seeding/journal.ts'
import { resumeSeeding } from '../../../src/lib/seeding/seed.ts'
import { workOnSeeding, type SeedEvent } from '../../../src/lib/seeding/distributed/seed-worker.ts'
import { seedJobName } from '../../../src/lib/seeding/distributed/seed-job.ts'
import { spreadSeeding } from '../../../src/lib/seeding/distributed/spread.ts'
import { takeWork, type WorkTaker } from '../../../src/lib/queue/jobs.ts'
import { vaccination } from '../../../src/lib/workloads/vaccination/index.ts'
import { planReservations, reservationSeeding } from '../../../src/lib/workloads/vaccination/seeding.ts'
import { insertMissingSlots, type SlotOptions } from '../../../src/lib/workloads/vaccination/slots.ts'
import { reservations } from '../../../src/lib/workloads/vaccination/tables.ts'
import { findViolations } from '../../support/ledgers.ts'
import { startPrivateService } from '../../support/private-service.ts'
import { borrowDatabase, withClient, type LentDatabase } from '../../support/database/redis-databases.ts'
import { findService } from '../../support/services.ts'
import { reservationJournal } from '../../../src/lib/seeding/reservation-journal.ts'

const redis = await findService('redis')
const postgres = redis === null ? null : await startPrivateService('postgres')

const slots: SlotOptions = {
  from: '2027-01-01',
  years: 1,
  opens: 480,
  closes: 1180,
  every: 7_200_000,
  capacity: 1000,
}
const version = '1.2.3'

describe.skipIf(redis === null || postgres === null)('workers of a seeding', () => {
  let queue: LentDatabase
  let database: Database
  let workers: WorkTaker[]
  let events: SeedEvent[]

  beforeAll(async () => {
    queue = await borrowDatabase(redis!)
  })
  afterAll(async () => {
    await queue.remove()
    await postgres![Symbol.asyncDispose]()
  })

  beforeEach(async () => {
    workers = []
    events = []
    database = await connectDatabase(postgres!.url, { poolSize: 2 })
    await migrateUp(database, vaccination.name, vaccination.tables)
    for await (const _ of insertMissingSlots(database, slots));
  })
  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.close()))
    await removeJournal(database, reservationJournal)
    await migrateDown(database, vaccination.name, vaccination.tables)
    await database[Symbol.asyncDispose]()
  })

  async function startWorker(name: string, own = version): Promise<void> {
    const taker = {
      queue: queue.url,
      name,
      version: own,
      openDatabase: (poolSize: number) => connectDatabase(postgres!.url, { poolSize }),
      target: reservationSeeding as never,
      signal: new AbortController().signal,
      onSeed: (event: SeedEvent) => void events.push(event),
      onNote() {},
    }
    const handlers = { [seedJobName]: (data: unknown, lost: AbortSignal) => workOnSeeding(data, lost, taker) }
    workers.push(await takeWork(queue.url, name, handlers, () => {}))
  }

  const plan = (rows: number) =>
    planReservations(database, { rows }, { seed: 's', keys: 'random', order: 'grouped', indexes: 'before' })

  async function seed(rows: number, onProgress: (done: number) => void = () => {}) {
    const journal = await beginJournal(database, reservationJournal, await plan(rows), null)
    const { signal } = new AbortController()
    const options = { queue: queue.url, workers: 2, connections: 1, version, waitMs: 30_000, signal, onNote() {} }
    const spread = spreadSeeding(database, journal, options)
    const result = await resumeSeeding(
      database,
      reservationSeeding,
      journal,
      { connections: 1, onProgress: ({ done }) => onProgress(done) },
      spread.store,
    )
    return { ...result, workers: spread.workers() }
  }

  it('store blocks again whose database was away, and leave nothing on the queue', async () => {
    await startWorker('one')
    await startWorker('two')
    let away = null as Promise<void> | null
    const { rows, workers: shares } = await seed(300_000, () => {
      away ??= postgres!.kill().then(() => postgres!.start())
    })
    await away
    expect(rows).toBe(300_000)
    expect(shares.map(({ name }) => name)).toEqual(['one', 'two'])
    expect(await database.store.count(reservations)).toBe(300_000)
    expect((await findViolations(database)).map(({ detail }) => detail)).toEqual([])
    const keys = await withClient(queue.url, (client) => client.keys('*'))
    expect(keys.filter((key) => /seeding|run:/.test(key))).toEqual([])
  })

  it('say at once what no other try would change', async () => {
    await startWorker('one')
    await seed(10)
    const [row] = await database.store.find(reservations, {}, { limit: 1 })
    await database.store.remove(reservations, {})
    const taken = seed(10)
    await database.store.insert(reservations, [row!])
    await expect(taken).rejects.toMatchObject({ code: 'rows-differ' })
  })

  it('end with whoever began when the queue is lost, and what is stored can be gone on with', async () => {
    const lost = await startPrivateService('redis')
    const own = queue
    queue = { url: lost!.url, remove: async () => {} }
    await startWorker('one')
    let killing = null as Promise<void> | null
    const seeding = seed(300_000, () => {
      killing ??= lost!.kill()
    })
    await expect(seeding).rejects.toMatchObject({ code: 'queue-lost' })
    await killing
    await expect
      .poll(() => events.find(({ event }) => event === 'ended'), { timeout: 30_000 })
      .toMatchObject({
        reason: expect.stringMatching(/no sign of life|gave its job up/),
      })
    queue = own
    const journal = await readJournal(database, reservationJournal)
    expect(journal?.stored.size).toBeGreaterThan(0)
    await resumeSeeding(database, reservationSeeding, journal!, { connections: 1, onProgress() {} })
    expect(await database.store.count(reservations)).toBe(300_000)
    await lost![Symbol.asyncDispose]()
  })

  it('refuse what another version has begun', async () => {
    await startWorker('old', '0.0.1')
    await expect(seed(10)).rejects.toMatchObject({ code: 'worker-version' })
    expect(events[0]).toMatchObject({ event: 'refused' })
  })
})

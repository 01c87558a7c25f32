import { DatabaseSync } from 'node:sqlite'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { closeAfter, type BenchTable } from '../../../../src/lib/insert-bench/table.ts'
import { migrateUp } from '../../../../src/lib/adapters/databases/migrate.ts'
import type { Database } from '../../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { readJournal } from '../../../../src/lib/seeding/journal.ts'
import { finishSeeding } from '../../../../src/lib/seeding/seed.ts'
import { createBenchTable } from '../../../../src/lib/workloads/vaccination/bench-table.ts'
import { vaccination } from '../../../../src/lib/workloads/vaccination/index.ts'
import { reservationSeeding } from '../../../../src/lib/workloads/vaccination/seeding.ts'
import { insertMissingSlots } from '../../../../src/lib/workloads/vaccination/slots.ts'
import { reservations } from '../../../../src/lib/workloads/vaccination/tables.ts'
import { testEngines, type TestDatabase } from '../../../support/database/engines.ts'
import { findViolations } from '../../../support/ledgers.ts'
import { reservationJournal } from '../../../../src/lib/seeding/reservation-journal.ts'

const slots = { from: '2000-01-01', years: 1, opens: 480, closes: 1180, every: 39_600_000, capacity: 50 }
const choices = { seed: 'seed', keys: 'ascending', order: 'grouped', indexes: 'before' } as const

/** What makes a server take inserts and store nothing. */
const droppers: Readonly<Record<string, string>> = {
  sqlite: 'create trigger quiet before insert on reservations begin select raise(ignore); end',
  postgres: `create function quiet() returns trigger language plpgsql as 'begin return null; end';
    create trigger quiet before insert on reservations for each row execute function quiet()`,
}

async function dropInserts(url: string): Promise<void> {
  if (url.startsWith('sqlite:')) {
    const file = new DatabaseSync(url.slice('sqlite:'.length))
    file.exec(droppers['sqlite']!)
    file.close()
    return
  }
  const client = new Client({ connectionString: url })
  await client.connect()
  await client.query(droppers['postgres']!)
  await client.end()
}

for (const engine of testEngines) {
  describe.skipIf(engine.open === null)(`the stock after timed inserts on ${engine.name}`, () => {
    let place: TestDatabase
    let database: Database

    beforeEach(async () => {
      place = await engine.open!()
      database = await connectDatabase(place.url, { poolSize: 4 })
      await migrateUp(database, 'vaccination', vaccination.tables)
      for await (const _ of insertMissingSlots(database, slots));
    })

    afterEach(async () => {
      await database[Symbol.asyncDispose]()
      await place.remove()
    })

    const tableOf = (one: Database): BenchTable =>
      createBenchTable({ database: one, choices, seedRows: () => Promise.resolve() })

    /** Rows that are stored; fails unless the stock is true for them. */
    async function countTrueRows(): Promise<number> {
      expect((await findViolations(database)).map(({ detail }) => detail)).toEqual([])
      expect(await readJournal(database, reservationJournal)).toBeNull()
      return database.store.count(reservations)
    }

    it('counts what was stored, and nothing that was only drawn', async () => {
      const session = await tableOf(database).open(10, database.traits.concurrentWriters ? 2 : 1)
      await session.draw('ascending', 0)()
      await session.draw('ascending', 0)()
      session.draw('ascending', 0)
      if (database.traits.concurrentWriters) session.draw('random', 1)
      await session.close()
      expect(await countTrueRows()).toBe(2)
    })

    it.each([true, false])('is true after an insert that failed, though its row is stored: %s', async (stored) => {
      const failing: Database = {
        ...database,
        async openInserter(table) {
          const inserter = await database.openInserter(table)
          let inserts = 0
          return {
            ...inserter,
            async insert(row) {
              const last = ++inserts === 3
              if (!last || stored) await inserter.insert(row)
              if (last) throw new Error('the connection was lost')
            },
          }
        },
      }
      const session = await tableOf(failing).open(10, 1)
      const inserting = closeAfter(session, async () => {
        for (let i = 0; i < 10; i++) await session.draw('ascending', 0)()
      })
      await expect(inserting).rejects.toThrow('the connection was lost')
      expect(await countTrueRows()).toBe(stored ? 3 : 2)
    })

    it.for(engine.name in droppers ? ['drops'] : [])(
      'takes no insert that the server %s for one that was stored',
      async () => {
        const session = await tableOf(database).open(10, 1)
        // Prepared by now, so that the next one goes the way of those that are timed.
        await session.draw('ascending', 0)()
        await dropInserts(place.url)
        const inserting = closeAfter(session, () => session.draw('ascending', 0)())
        await expect(inserting).rejects.toMatchObject({ code: 'insert-dropped' })
        expect(await countTrueRows()).toBe(1)
        await expect(
          tableOf(database)
            .open(10, 1)
            .then((other) => closeAfter(other, () => other.draw('ascending', 0)())),
        ).rejects.toMatchObject({ code: 'insert-dropped' })
        expect(await countTrueRows()).toBe(1)
      },
    )

    it('is mended by giving up what a killed process began', async () => {
      const session = await tableOf(database).open(10, 1)
      for (let i = 0; i < 5; i++) await session.draw('random', 0)()
      // A killed process gives nothing back; this one does in the end, or its connection would stay open.
      expect(await findViolations(database)).not.toEqual([])
      await expect(tableOf(database).open(1, 1)).rejects.toMatchObject({
        code: 'seeding-unfinished',
        message: expect.stringContaining('mend it by "rushbench insert-reservations --abandon"'),
      })
      const { recipe } = (await readJournal(database, reservationJournal))!
      await finishSeeding(database, reservationSeeding, recipe)
      expect(await countTrueRows()).toBe(5)
      await session.close()
    })

    it('says how to mend it where it could not be settled', async () => {
      const session = await tableOf(database).open(10, 1)
      const unsettled = { ...session, close: () => Promise.reject(new Error('the server is away')) }
      await expect(closeAfter(unsettled, () => Promise.reject(new Error('the disk is full')))).rejects.toMatchObject({
        code: 'inserts-unsettled',
        message: expect.stringMatching(/^the disk is full\. The stock .*--abandon"\.$/),
      })
      await session.close()
    })
  })
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrateDown, migrateUp } from '../../../src/lib/adapters/databases/migrate.ts'
import type { Database } from '../../../src/lib/ports/database.ts'
import { connectDatabase } from '../../../src/lib/adapters/databases/registry.ts'
import { reservationJournal } from '../../../src/lib/seeding/reservation-journal.ts'
import { explainLoss, leasePart, releaseLease, renewLease, takeLease } from '../../../src/lib/seeding/lease.ts'
import { thisProcess } from '../../../src/lib/base/processes.ts'
import { testVersions, type TestDatabase } from '../../support/database/engines.ts'

const { parts, storedBlocks } = reservationJournal

const tables = [storedBlocks, parts]

for (const engine of testVersions) {
  describe.skipIf(engine.open === null)(`the lease of a seeding on ${engine.name}`, () => {
    let place: TestDatabase
    let one: Database
    let other: Database

    beforeEach(async () => {
      place = await engine.open!()
      one = await connectDatabase(place.url, { poolSize: 2 })
      other = await connectDatabase(place.url, { poolSize: 2 })
      await migrateUp(one, 'seeding', tables)
    })

    afterEach(async () => {
      for (const database of [one, other]) {
        await releaseLease(database)
        await database[Symbol.asyncDispose]()
      }
      await place.remove()
    })

    const read = async () => JSON.parse((await one.store.find(parts, { part: leasePart }))[0]!.text)

    /** As another process has left it, which holds it for some ms more. */
    async function leave(forMs: number, process = { place: 'another host', pid: 1, startedAt: '' }): Promise<void> {
      const now = await one.now()
      const lease = { holder: 'another', owner: 'process 1 on host another', since: now - 60_000, until: now + forMs }
      await one.store.remove(parts, { part: leasePart })
      await one.store.insert(parts, [{ part: leasePart, text: JSON.stringify({ ...lease, process }) }])
    }

    it('has the time of the server', async () => {
      expect(Math.abs((await one.now()) - Date.now())).toBeLessThan(5000)
      expect(Number.isInteger(await one.now())).toBe(true)
    })

    it('is held by one, and says by whom to all others', async () => {
      await takeLease(one, parts, { leaseMs: 900 })
      const waited: string[] = []
      const taking = takeLease(other, parts, { leaseMs: 900, onWait: (text) => waited.push(text) })
      await expect(taking).rejects.toMatchObject({
        code: 'seeding-held',
        message: expect.stringMatching(/^Process \d+ on host \S+ is at work on the seeding/),
      })
      expect(waited).toEqual([expect.stringMatching(/^waiting for a sign of life of process \d+ on host .*: \d s$/)])
      // It is theirs to take again.
      await takeLease(one, parts)
      await releaseLease(one)
      await takeLease(other, parts)
      expect(await read()).toMatchObject({ owner: thisProcess.name })
    })

    it('goes to one of many that want it at once', async () => {
      const taken = await Promise.allSettled(
        [one, other].map((database) => takeLease(database, parts, { leaseMs: 600 })),
      )
      expect(taken.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    })

    it('is stolen when it has run out, and not before', async () => {
      await leave(700)
      const startedAt = performance.now()
      await takeLease(one, parts)
      expect(performance.now() - startedAt).toBeGreaterThan(600)
      expect(await read()).toMatchObject({ owner: thisProcess.name })
    })

    it('is taken at once from a process of this host that has ended', async () => {
      const child = spawn(process.execPath, ['-e', ''])
      await once(child, 'close')
      await leave(3_600_000, { ...thisProcess.facts, pid: child.pid! })
      await takeLease(one, parts)
      await releaseLease(one)
      // Its number went to another one, which is still there.
      await leave(3_600_000, { ...thisProcess.facts, startedAt: '1' })
      await takeLease(one, parts)
    })

    it('is prolonged by itself', async () => {
      await takeLease(one, parts, { leaseMs: 600 })
      const { until } = await read()
      while ((await read()).until === until) await sleep(20)
    })

    it('knows who has taken it, and that the journal is gone', async () => {
      await takeLease(one, parts)
      expect(await explainLoss(one)).toBeNull()
      await leave(60_000)
      expect(await explainLoss(one)).toMatchObject({ code: 'seeding-taken' })
      await expect(renewLease(one)).rejects.toMatchObject({
        code: 'seeding-taken',
        message: expect.stringContaining('Process 1 on host another has taken over'),
      })
      await releaseLease(one)
      await leave(0)
      await takeLease(one, parts)
      await migrateDown(other, 'seeding', tables)
      expect(await explainLoss(one)).toMatchObject({ code: 'seeding-gone' })
      await expect(renewLease(one)).rejects.toMatchObject({ code: 'seeding-gone' })
      await expect(takeLease(other, parts)).rejects.toMatchObject({ code: 'seeding-gone' })
      expect((await other.tables()).map(({ name }) => name)).not.toContain(parts.name)
    })
  })
}

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLease } from '../../../../../src/lib/workloads/shared/outbox/lease.ts'
import { leases } from '../../../../../src/lib/workloads/stations/tables.ts'
import { testEngines, type TestDatabase } from '../../../../support/database/engines.ts'
import { createPlace, type Place } from '../../../../support/stations/stations.ts'

const longMs = 600_000
const name = 'outbox'

for (const engine of testEngines) {
  describe.skipIf(engine.open === null)(`a lease on ${engine.name}`, () => {
    let test: TestDatabase
    let place: Place

    beforeEach(async () => {
      test = await engine.open!()
      place = await createPlace(test.url)
    })

    afterEach(async () => {
      await place[Symbol.asyncDispose]()
      await test.remove()
    })

    const leaseOf = (holder: string, ms = longMs) =>
      createLease({ store: place.database.store, table: leases, name }, holder, ms)
    const stored = async () => (await place.database.store.find(leases, { name }))[0]
    const countOf = (held: readonly boolean[]) => held.filter(Boolean).length

    it('has one holder, who keeps it until it is released', async () => {
      const [one, other] = [leaseOf('one'), leaseOf('other')]
      expect([await one.hold(), await other.hold(), await one.hold(), await other.hold()]).toEqual([
        true,
        false,
        true,
        false,
      ])
      await other.release()
      expect(await other.hold(), 'it is not for others to release').toBe(false)
      await one.release()
      expect([await other.hold(), await one.hold()]).toEqual([true, false])
    })

    it('has one holder, however many reach for it at once, the first time and when it is free again', async () => {
      const all = Array.from({ length: 8 }, (_, n) => leaseOf(`holder ${n}`))
      expect(countOf(await Promise.all(all.map((lease) => lease.hold())))).toBe(1)
      await place.database.store.update(leases, { name }, { until: 1 })
      const others = Array.from({ length: 8 }, (_, n) => leaseOf(`other ${n}`))
      expect(countOf(await Promise.all(others.map((lease) => lease.hold())))).toBe(1)
    })

    it('passes on from one who has not prolonged it in time', async () => {
      expect(await leaseOf('killed').hold()).toBe(true)
      const next = leaseOf('next')
      expect(await next.hold()).toBe(false)
      await place.database.store.update(leases, { name }, { until: Date.now() - 1 })
      expect(await next.hold()).toBe(true)
      expect((await stored())?.holder).toBe('next')
    })

    it('is prolonged by its holder before it is over, and lost by one that came too late', async () => {
      const one = leaseOf('one', 20)
      await one.hold()
      const first = (await stored())!.until
      await expect.poll(async () => ((await one.hold()) ? (await stored())!.until : 0)).toBeGreaterThan(first)
      await expect.poll(async () => leaseOf('other').hold()).toBe(true)
      await expect.poll(async () => one.hold()).toBe(false)
    })
  })
}

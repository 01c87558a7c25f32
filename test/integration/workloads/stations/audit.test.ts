import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { topic } from '../../../../src/lib/workloads/stations/messages.ts'
import { bookings, days, outbox } from '../../../../src/lib/workloads/stations/tables.ts'
import { testEngines, type TestDatabase } from '../../../support/database/engines.ts'
import { acknowledged, audit, createPlace, wishOf, type Place } from '../../../support/stations/stations.ts'

const day = { id: 'PWTC/20210516', station: 'PWTC', date: '20210516', capacity: 3, available: 3 }
const people = ['A', 'B']

const bookingOf = (person: string, of = day.id) => ({
  mysejahtera_id: person,
  first_name: 'Nur',
  last_name: 'Aisyah',
  address: '1 Jalan Tun Ismail',
  phone_number: '+60123456789',
  day: of,
})
const messageOf = (person: string, rest = {}) => ({
  key: person,
  value: Buffer.from(JSON.stringify(wishOf(person, rest))),
})
const outgoing = (n: number, person: string) => ({
  id: `00000000-000${n}-7000-8000-000000000000`,
  person,
  message: messageOf(person).value.toString(),
})
const ledger = acknowledged(people.map((person) => wishOf(person)))

for (const engine of testEngines) {
  describe.skipIf(engine.open === null)(`the audit of the stations on ${engine.name}`, () => {
    let test: TestDatabase
    let place: Place

    beforeEach(async () => {
      test = await engine.open!()
      place = await createPlace(test.url)
      await place.database.store.insert(days, [{ ...day, available: 1 }])
      await place.database.store.insert(
        bookings,
        people.map((person) => bookingOf(person)),
      )
    })

    afterEach(async () => {
      await place[Symbol.asyncDispose]()
      await test.remove()
    })

    const clean = { lost: 0, duplicate: 0, oversold: 0, inconsistent: 0, unknownCommitted: 0, passed: true }

    it('passes where every booking is stored once and published, be it twice, beside messages of others', async () => {
      const noise = [
        { key: 'x', value: Buffer.from('no JSON') },
        messageOf('somebody else'),
        messageOf('A', { date: '20200101' }),
      ]
      await place.broker.publish(topic, [...noise, messageOf('B'), messageOf('A'), messageOf('A')])
      expect(await audit(place, ledger)).toMatchObject({ ...clean, acknowledged: 2, violations: [] })
    })

    it('finds a booking that was neither published nor waits for it, whoever was told of it', async () => {
      await place.broker.publish(topic, [messageOf('A'), messageOf('B', { date: '20210517' })])
      expect(await audit(place)).toMatchObject({
        ...clean,
        lost: 1,
        passed: false,
        violations: [{ kind: 'lost', key: 'B', detail: expect.stringContaining('neither published to booking-slot') }],
      })
    })

    it('does not look for the messages of earlier runs, which another broker may have', async () => {
      const [first, second] = ['0123abcd-1-1', '4567cdef-1-1'] as const
      await place.database.store.remove(bookings, {})
      await place.database.store.insert(bookings, [bookingOf(first), bookingOf(second)])
      await place.broker.publish(topic, [messageOf(second)])
      const [ofFirst, ofSecond] = [acknowledged([wishOf(first)]), acknowledged([wishOf(second)])]
      for (const entries of [ofSecond, [], [...ofFirst, ...ofSecond]])
        expect(await audit(place, entries)).toMatchObject(clean)
      await place.database.store.insert(bookings, [bookingOf('4567cdef-2-1')])
      await place.database.store.update(days, { id: day.id }, { available: 0 })
      for (const entries of [ofSecond, []]) {
        expect(await audit(place, entries)).toMatchObject({ lost: 1, violations: [{ key: '4567cdef-2-1' }] })
      }
    })

    it('finds all bookings of a run lost of which the topic has none, where the ledger is of that run', async () => {
      const [old, other] = ['0123abcd-1-1', '4567cdef-1-1'] as const
      await place.database.store.remove(bookings, {})
      await place.database.store.insert(bookings, [bookingOf(old), bookingOf(other)])
      await place.broker.publish(topic, [messageOf(old)])
      const found = await audit(place, acknowledged([wishOf(other)]))
      expect(found).toMatchObject({ lost: 1, violations: [{ key: other }] })
    })

    it('waits for what an API is still publishing', async () => {
      await place.database.store.insert(outbox, [outgoing(1, 'A'), outgoing(2, 'B')])
      const found = audit(place, ledger)
      await place.broker.publish(topic, [messageOf('A'), messageOf('B')])
      await place.database.store.remove(outbox, {})
      expect(await found).toMatchObject(clean)
    })

    it('finds what waits while nobody publishes it, but for what is published already', async () => {
      await place.database.store.insert(outbox, [outgoing(1, 'A'), outgoing(2, 'B')])
      await place.broker.publish(topic, [messageOf('A')])
      expect(await audit(place, ledger, 300)).toMatchObject({
        ...clean,
        inconsistent: 1,
        passed: false,
        violations: [{ kind: 'inconsistent', key: 'B', detail: expect.stringContaining('start the API again') }],
      })
    })

    it('finds one that was acknowledged and is not stored, though it was published', async () => {
      await place.broker.publish(topic, [messageOf('A'), messageOf('B'), messageOf('C')])
      const lost = acknowledged([wishOf('C')])
      expect(await audit(place, [...ledger, ...lost])).toMatchObject({ ...clean, lost: 1, passed: false })
    })

    it('finds a day with another number of places left than there are', async () => {
      await place.broker.publish(topic, [messageOf('A'), messageOf('B')])
      await place.database.store.update(days, { id: day.id }, { available: 2 })
      expect(await audit(place, ledger)).toMatchObject({ ...clean, oversold: 1, passed: false })
    })
  })
}

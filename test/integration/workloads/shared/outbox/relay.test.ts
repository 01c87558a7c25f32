import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Broker, Message } from '../../../../../src/lib/ports/broker.ts'
import { failure } from '../../../../../src/lib/base/errors/errors.ts'
import { topic, outgoing } from '../../../../../src/lib/workloads/stations/messages.ts'
import { startRelay, type Relay, type RelayContext } from '../../../../../src/lib/workloads/shared/outbox/relay.ts'
import { leases, outbox, type Outgoing } from '../../../../../src/lib/workloads/stations/tables.ts'
import { createPlace, post, published, serve, wishOf, type Place } from '../../../../support/stations/stations.ts'

const times = { lingerMs: 1, idleMs: 20, standbyMs: 20, leaseMs: 300, retryMs: [5, 50], drainMs: 3000 } as const

/** As a version 7 UUID of the `n`th millisecond. */
const idOf = (n: number) => `00000000-${String(n).padStart(4, '0')}-7000-8000-000000000000`
const row = (n: number) => ({ id: idOf(n), person: `P${n}`, message: JSON.stringify(wishOf(`P${n}`)) })
const rows = (count: number) => Array.from({ length: count }, (_, n) => row(n))
const people = async (place: Place) => (await published(place)).map(({ mysejahteraId }) => mysejahteraId)

describe('the relay', () => {
  let place: Place
  let relays: Relay[]
  let errors: Error[]

  beforeEach(async () => {
    place = await createPlace()
    relays = []
    errors = []
  })

  afterEach(async () => {
    await Promise.all(relays.map((relay) => relay.close()))
    await place[Symbol.asyncDispose]()
  })

  function start(parts: Partial<RelayContext<Outgoing>> = {}): Relay {
    const relay = startRelay(
      {
        store: place.database.store,
        outbox: outgoing,
        openBroker: async () => place.broker,
        onError: (error) => errors.push(error),
        onPublished: () => {},
        ...parts,
      },
      times,
    )
    relays.push(relay)
    return relay
  }

  /** The place's broker, with another way to publish. */
  const publishingBy = (publish: Broker['publish']): Broker => ({ ...place.broker, publish })
  const isEmpty = async () => {
    await expect.poll(() => place.database.store.count(outbox), { timeout: 20_000 }).toBe(0)
  }

  it('publishes what is in the outbox, in order, once, and more than fits into a batch', async () => {
    await place.database.store.insert(outbox, rows(1203).toReversed())
    let acknowledged = 0
    start({ onPublished: (count) => (acknowledged += count) })
    await isEmpty()
    expect(await people(place)).toEqual(rows(1203).map(({ person }) => person))
    expect(acknowledged).toBe(1203)
  })

  it('goes on where the broker is away for a while, in order, and complains once', async () => {
    await place.database.store.insert(outbox, rows(3))
    let tries = 0
    start({
      openBroker: async () => {
        tries++
        if (tries < 4) throw failure('broker-unreachable', { url: 'kafka://x', reason: 'connection refused' })
        return publishingBy(async (name, messages) => {
          if (tries < 7) throw failure('broker-unreachable', { url: 'kafka://x', reason: 'connection lost' })
          await place.broker.publish(name, messages)
        })
      },
    })
    await isEmpty()
    expect(await people(place)).toEqual(['P0', 'P1', 'P2'])
    expect(errors).toHaveLength(1)
  })

  it('publishes again what it does not know to be stored, so that nothing is missing', async () => {
    await place.database.store.insert(outbox, rows(2))
    let isFirst = true
    const broker = publishingBy(async (name, messages) => {
      await place.broker.publish(name, messages)
      if (isFirst) {
        isFirst = false
        throw failure('broker-unreachable', { url: 'kafka://x', reason: 'no answer' })
      }
    })
    start({ openBroker: async () => broker })
    await isEmpty()
    expect(await people(place)).toEqual(['P0', 'P1', 'P0', 'P1'])
  })

  it('leaves what another process has stored before those that it is publishing', async () => {
    await place.database.store.insert(outbox, [row(5), row(6)])
    let isFirst = true
    const broker = publishingBy(async (name: string, messages: readonly Message[]) => {
      if (isFirst) await place.database.store.insert(outbox, [row(1)])
      isFirst = false
      await place.broker.publish(name, messages)
    })
    start({ openBroker: async () => broker })
    await isEmpty()
    expect(await people(place)).toEqual(['P5', 'P6', 'P1'])
  })

  it('is one of several, as long as it is there', async () => {
    for (let n = 0; n < 3; n++) start()
    for (let n = 0; n < 40; n++) await place.database.store.insert(outbox, [row(n)])
    await isEmpty()
    expect(await people(place)).toEqual(rows(40).map(({ person }) => person))
  })

  it('takes over from one that was killed once its lease is over, and from one that was closed at once', async () => {
    await place.database.store.insert(leases, [{ name: 'outbox', holder: 'killed', until: Date.now() + 400 }])
    await place.database.store.insert(outbox, [row(1)])
    const first = start()
    await isEmpty()
    await first.close()
    expect(await place.database.store.find(leases, {})).toMatchObject([{ holder: '', until: 0 }])
    await place.database.store.insert(outbox, [row(2)])
    start()
    await isEmpty()
    expect(await people(place)).toEqual(['P1', 'P2'])
  })

  it('publishes what is left when it is closed', async () => {
    const relay = start()
    await place.database.store.insert(outbox, rows(700))
    await relay.close()
    expect(await people(place)).toHaveLength(700)
    expect(errors).toEqual([])
  })

  it('leaves what it cannot publish to the next, says so, and does not wait for ever', async () => {
    await place.database.store.insert(outbox, rows(2))
    const stuck = startRelay(
      {
        store: place.database.store,
        outbox: outgoing,
        openBroker: async () => publishingBy(() => new Promise(() => {})),
        onError: (error) => errors.push(error),
        onPublished: () => {},
      },
      { ...times, drainMs: 50 },
    )
    await stuck.close()
    expect(errors).toMatchObject([{ code: 'messages-left' }])
    start()
    await isEmpty()
    expect(await people(place)).toEqual(['P0', 'P1'])
  })
})

describe('an API without its broker', () => {
  it('starts, answers bookings, and publishes them all once the broker is there', async () => {
    await using place = await createPlace()
    const file = await place.writeLocations([{ name: 'PWTC', from: '2021-05-16', days: 1, capacity: 100 }])
    const errors: Error[] = []
    let isAway = true
    const server = await serve(place, {
      locations: file,
      onError: (error) => errors.push(error),
      openBroker: async () => {
        if (isAway) throw failure('broker-unreachable', { url: 'kafka://x', reason: 'connection refused' })
        return place.broker
      },
    })
    const wishes = Array.from({ length: 20 }, (_, n) => wishOf(`W${n}`))
    const answers = await Promise.all(wishes.map((wish) => post(server.origin, wish)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
    expect(errors).toContainEqual(expect.objectContaining({ code: 'broker-unreachable' }))
    expect(await place.broker.backlog(topic, 'nobody')).toBe(0)
    isAway = false
    await expect.poll(() => people(place), { timeout: 20_000 }).toHaveLength(20)
    await server.close()
    expect(new Set(await people(place))).toEqual(new Set(wishes.map(({ mysejahteraId }) => mysejahteraId)))
  })

  it('does not start where it could never publish', async () => {
    await using place = await createPlace()
    const openBroker = () => Promise.reject(failure('broker-unknown', { url: 'x:', allowed: [] }))
    await expect(serve(place, { openBroker })).rejects.toMatchObject({ code: 'broker-unknown' })
  })
})

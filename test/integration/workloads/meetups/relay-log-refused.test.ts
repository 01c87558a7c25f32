import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openBroker } from '../../../../src/lib/adapters/brokers/registry.ts'
import { connectDatabase } from '../../../../src/lib/adapters/databases/registry.ts'
import { createMemoryPubSub } from '../../../../src/lib/adapters/pubsub/pubsub.ts'
import type { Broker } from '../../../../src/lib/ports/broker.ts'
import { outbox } from '../../../../src/lib/workloads/meetups/post/tables.ts'
import { startRelayService } from '../../../../src/lib/workloads/meetups/relay.ts'
import { readAll } from '../../../support/broker/recording.ts'
import { createMeetupDatabase, type MeetupDatabase } from '../../../support/meetups/meetup-database.ts'
import { outboxRow } from '../../../support/meetups/outbox-rows.ts'
import { startPrivateService } from '../../../support/private-service.ts'

const unused = () => Promise.reject(new Error('not asked for'))

describe('a server whose log cannot be followed', () => {
  let folder: string
  let broker: Broker
  let errors: Error[]

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rushbench-relay-'))
    broker = await openBroker(`sqlite:${join(folder, 'broker.db')}`)
    errors = []
  })
  afterEach(async () => {
    await broker[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  /** It is an error where the log was asked for, and else told once; events are published all the same. */
  async function expectPolled({ database }: MeetupDatabase, why: RegExp): Promise<void> {
    const system = { database, openBroker: async () => broker, onError: (error: Error) => void errors.push(error) }
    const parts = { ...system, openPubSub: async () => createMemoryPubSub(), openCache: unused, clients: null! }
    const refused = { code: 'log-unavailable', message: expect.stringMatching(why) }
    await expect(startRelayService(parts, 'log')).rejects.toMatchObject(refused)
    const relay = await startRelayService(parts, 'auto')
    expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(why)])
    await database.store.insert(outbox, [outboxRow(randomUUID(), 0)])
    await expect.poll(() => readAll(broker, 'meetup-events')).toHaveLength(1)
    await relay.close()
  }

  const cases = [
    ['mariadb', '--skip-log-bin', /log_bin is OFF: start the server with --log-bin/],
    ['postgres', '-c wal_level=replica', /wal_level is replica: set it to logical/],
  ] as const

  it.each(cases)(
    'is polled on %s, says why, and is an error where the log was asked for',
    async (name, option, why) => {
      await using server = await startPrivateService(name, option)
      if (!server) return
      await using place = await createMeetupDatabase(async () => ({ url: server.url, remove: async () => {} }))
      await expectPolled(place, why)
    },
    120_000,
  )

  it('is SQLite: it is polled without a word, unless the log was asked for', async () => {
    const database = await connectDatabase('sqlite::memory:', { poolSize: 1 })
    const parts = {
      database,
      openBroker: unused,
      openPubSub: unused,
      openCache: unused,
      onError: unused,
      clients: null!,
    }
    await expect(startRelayService(parts, 'log')).rejects.toThrow(/sqlite has no log that tells of rows/)
    await database[Symbol.asyncDispose]()
  })
})

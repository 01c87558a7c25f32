import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Broker } from '../../../src/lib/ports/broker.ts'
import { openBroker } from '../../../src/lib/adapters/brokers/registry.ts'
import type { TestEngine } from '../database/engines.ts'
import { createMeetupDatabase, type MeetupDatabase } from './meetup-database.ts'

/** A place with a folder and a broker, which are this test's own, too. */
export interface MeetupBackends extends MeetupDatabase {
  readonly folder: string
  readonly broker: Broker
}

/** On the engine, and on the broker at `brokerUrl` instead of one in a file. */
export async function createMeetupBackends(
  open: NonNullable<TestEngine['open']>,
  brokerUrl?: string,
): Promise<MeetupBackends> {
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-meetups-'))
  const place = await createMeetupDatabase(open)
  const broker = await openBroker(brokerUrl ?? `sqlite:${join(folder, 'broker.db')}`)
  return {
    ...place,
    folder,
    broker,
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]()
      await place[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

import type { Broker } from '../../../src/lib/ports/broker.ts'
import { openBroker } from '../../../src/lib/adapters/brokers/registry.ts'
import { openCache } from '../../../src/lib/adapters/cache/cache.ts'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryPubSub } from '../../../src/lib/adapters/pubsub/pubsub.ts'
import type { PubSub } from '../../../src/lib/ports/pubsub.ts'
import { serveMeetups } from '../../../src/lib/workloads/meetups/serve.ts'
import { ask, subscribe, type Answer, type Subscription } from './graphql.ts'
import type { TestEngine } from '../database/engines.ts'
import { createMeetupDatabase, type MeetupDatabase } from './meetup-database.ts'

/** All parts in this process, on a database of this test's own. */
export interface Meetups extends AsyncDisposable {
  readonly origin: string
  /** Folder of the images. */
  readonly images: string
  readonly place: MeetupDatabase
  readonly broker: Broker
  readonly errors: readonly Error[]
  ask(query: string, variables?: object, idToken?: string): Promise<Answer>
  /** Over a WebSocket of its own. */
  subscribe(query: string, idToken: string): Promise<Subscription>
  /** Calls of services so far, as `/metrics` has them: `PostService.listPosts`. */
  calls(): Promise<ReadonlyMap<string, number>>
}

/** Starts the workload, whose parts tell each other of messages through `pubsub`. It asks nothing of the log of the database. */
export async function startMeetups(
  open: NonNullable<TestEngine['open']>,
  pubsub: PubSub = createMemoryPubSub(),
): Promise<Meetups> {
  const place = await createMeetupDatabase(open)
  const folder = await mkdtemp(join(tmpdir(), 'rushbench-meetups-'))
  const images = join(folder, 'images')
  const broker = await openBroker(`sqlite:${join(folder, 'broker.db')}`)
  const errors: Error[] = []
  const server = await serveMeetups(
    {
      database: place.database,
      openCache: () => openCache('memory'),
      openBroker: async () => broker,
      openPubSub: async () => pubsub,
      host: '127.0.0.1',
      port: 0,
      onError: (error) => errors.push(error),
    },
    { service: ['all'], servicePort: 0, relay: 'poll', images: `disk:${images}` },
  )
  return {
    origin: server.origin,
    images,
    place,
    broker,
    errors,
    ask: (...question) => ask(server.origin, ...question),
    subscribe: (query, idToken) => subscribe(server.origin, query, idToken),
    async calls() {
      const text = await (await fetch(`${server.origin}/metrics`)).text()
      const found = text.matchAll(/^grpc_client_calls_total\{service="(\w+)",method="(\w+)"\} (\d+)$/gm)
      return new Map([...found].map(([, service, method, count]) => [`${service}.${method}`, Number(count)]))
    },
    async [Symbol.asyncDispose]() {
      await server.close()
      await broker[Symbol.asyncDispose]()
      await place[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

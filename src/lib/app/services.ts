import type { Broker } from '../ports/broker.ts'
import { openBroker, readBroker } from '../adapters/brokers/registry.ts'
import { openDatabaseClient } from '../adapters/databases/registry.ts'
import type { DatabaseClient } from '../ports/database-client.ts'
import type { Cache } from '../ports/cache.ts'
import { openCache } from '../adapters/cache/cache.ts'
import type { Settings, SettingName } from '../config/settings.ts'
import { openPubSub } from '../adapters/pubsub/pubsub.ts'
import type { PubSub } from '../ports/pubsub.ts'

/** Services that a workload may use beside its database, each opened when it is first asked for. */
export interface OpenedServices extends AsyncDisposable {
  readonly openCache: () => Promise<Cache>
  readonly openBroker: () => Promise<Broker>
  readonly openPubSub: () => Promise<PubSub>
  /** For reading alone. */
  readonly openDatabaseClient: () => Promise<DatabaseClient>
  /** Names what was opened so far, such as `cache memory`. */
  describe(): readonly string[]
}

/** Opens each service that the settings name once it is asked for, and closes it in the end. */
export function createServices(values: Pick<Settings, 'cache' | 'broker' | 'db'>): OpenedServices {
  const opened: { readonly name: string; readonly service: AsyncDisposable }[] = []
  const once = <Opened extends AsyncDisposable>(open: () => Promise<Opened>, nameOf: (service: Opened) => string) => {
    let opening: Promise<Opened> | null = null
    const begin = async () => {
      try {
        const service = await open()
        opened.push({ name: nameOf(service), service })
        return service
      } catch (error) {
        // The next to ask tries again.
        opening = null
        throw error
      }
    }
    return () => (opening ??= begin())
  }
  return {
    openCache: once(
      () => openCache(values.cache),
      ({ kind }) => `cache ${kind}`,
    ),
    openBroker: once(
      () => openBroker(values.broker),
      ({ url }) => `broker ${url}`,
    ),
    openPubSub: once(
      () => openPubSub(values.cache),
      ({ kind }) => `pub/sub ${kind}`,
    ),
    openDatabaseClient: once(
      () => openDatabaseClient(values.db, { protocol: 'text', readOnly: true }),
      ({ url }) => `database ${url}`,
    ),
    describe: () => opened.map(({ name }) => name),
    async [Symbol.asyncDispose]() {
      for (const { service } of opened.toReversed()) await service[Symbol.asyncDispose]()
    },
  }
}

/** Settings that name a server other than the database. */
export type Service = 'cache' | 'broker' | 'queue'

type Values = Pick<Settings, Service>

/** Checks the URLs of the services among `names`, without connecting. Throws what is wrong with one. */
export async function requireReadable(values: Settings, names: readonly SettingName[]): Promise<void> {
  const { cache, broker, queue }: Partial<Values> = Object.fromEntries(names.map((name) => [name, values[name]]))
  const servers = [cache, queue].flatMap((url) =>
    url === undefined || url === 'none' || url === 'memory' ? [] : [url],
  )
  if (servers.length > 0) {
    const { readRedisUrl } = await import('../adapters/databases/redis/url.ts')
    for (const url of servers) readRedisUrl(url)
  }
  if (broker !== undefined) await readBroker(broker)
}

/**
 * Connects to each of `services` and hangs up: to be asked before work whose result would be lost without them. Throws
 * `cache-unreachable`, `broker-unreachable` or `queue-unreachable`.
 */
export async function requireServices(values: Values, services: readonly Service[]): Promise<void> {
  for (const service of services) await probes[service](values)
}

const probes: Readonly<Record<Service, (values: Values) => Promise<void>>> = {
  async cache({ cache }) {
    await using _ = await openCache(cache)
  },
  async broker({ broker }) {
    await using _ = await openBroker(broker)
  },
  async queue({ queue }) {
    if (queue === undefined) return
    const { connectPlain } = await import('../queue/client.ts')
    const client = await connectPlain(queue)
    await client.close()
  },
}

import { openBroker, readBroker } from '../adapters/brokers/registry.ts'
import { openCache } from '../adapters/cache/cache.ts'
import type { Settings, SettingName } from '../config/settings.ts'

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

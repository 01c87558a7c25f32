import type { Broker } from '../ports/broker.ts'
import { openBroker } from '../adapters/brokers/registry.ts'
import type { Cache } from '../ports/cache.ts'
import { openCache } from '../adapters/cache/cache.ts'
import type { Settings } from '../config/settings.ts'
import { openPubSub } from '../adapters/pubsub/pubsub.ts'
import type { PubSub } from '../ports/pubsub.ts'

/** Services that a workload may use beside its database, each opened when it is first asked for. */
export interface OpenedServices extends AsyncDisposable {
  readonly openCache: () => Promise<Cache>
  readonly openBroker: () => Promise<Broker>
  readonly openPubSub: () => Promise<PubSub>
  /** Names what was opened so far, such as `cache memory`. */
  describe(): readonly string[]
}

/** Opens each service that the settings name once it is asked for, and closes it in the end. */
export function createServices(values: Pick<Settings, 'cache' | 'broker'>): OpenedServices {
  const opened: { readonly name: string; readonly service: AsyncDisposable }[] = []
  const once = <Service extends AsyncDisposable>(
    open: () => Promise<Service>,
    nameOf: (service: Service) => string,
  ) => {
    let opening: Promise<Service> | null = null
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
    describe: () => opened.map(({ name }) => name),
    async [Symbol.asyncDispose]() {
      for (const { service } of opened.toReversed()) await service[Symbol.asyncDispose]()
    },
  }
}

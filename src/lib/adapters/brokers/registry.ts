import { failure } from '../../base/errors/errors.ts'
import { redactUrl } from '../../base/redact-url.ts'
import type { Broker } from '../../ports/broker.ts'
import { createBroker, type BrokerDriver } from './broker.ts'

interface BrokerKind {
  open(url: string): Promise<BrokerDriver>
  /** Throws what is wrong with the URL. */
  read(url: string): Promise<void>
}

const readServerUrl = async (url: string): Promise<void> => void (await import('./url.ts')).readBrokerUrl(url, 0)

/** By URL scheme; each is loaded only when it is used. */
const brokers: Readonly<Record<string, BrokerKind>> = {
  sqlite: {
    open: async (url) => (await import('./sqlite/index.ts')).openSqliteDriver(url),
    read: async (url) => void (await import('../databases/sqlite/url.ts')).readSqliteUrl(url),
  },
  nats: { open: async (url) => (await import('./nats/index.ts')).openNatsDriver(url), read: readServerUrl },
  kafka: { open: async (url) => (await import('./kafka/index.ts')).openKafkaDriver(url), read: readServerUrl },
}

/** Opens the broker at `url`. Throws `broker-unknown` or `broker-unreachable`. */
export async function openBroker(url: string): Promise<Broker> {
  return createBroker(await kindOf(url).open(url))
}

/** Looks at the URL of a broker without connecting to it. Throws `broker-unknown`, and what is wrong with the URL. */
export async function readBroker(url: string): Promise<void> {
  return kindOf(url).read(url)
}

function kindOf(url: string): BrokerKind {
  const scheme = url.slice(0, Math.max(0, url.indexOf(':')))
  const kind = Object.hasOwn(brokers, scheme) ? brokers[scheme] : undefined
  if (kind) return kind
  throw failure('broker-unknown', { url: redactUrl(url), allowed: Object.keys(brokers).map((name) => `${name}:`) })
}

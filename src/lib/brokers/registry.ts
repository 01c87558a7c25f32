import { failure } from '../errors.ts'
import { redactUrl } from '../databases/url.ts'
import type { Broker } from './port.ts'

/** URL scheme -> broker, loaded only when it is used. */
const brokers: Readonly<Record<string, () => Promise<(url: string) => Promise<Broker>>>> = {
  sqlite: async () => (await import('./sqlite.ts')).openSqliteBroker,
  nats: async () => (await import('./nats.ts')).openNatsBroker,
  kafka: async () => (await import('./kafka.ts')).openKafkaBroker,
}

/** Opens the broker at `url`. Throws `broker-unknown` or `broker-unreachable`. */
export async function openBroker(url: string): Promise<Broker> {
  const scheme = url.slice(0, Math.max(0, url.indexOf(':')))
  const load = Object.hasOwn(brokers, scheme) ? brokers[scheme] : undefined
  if (!load) {
    throw failure('broker-unknown', { url: redactUrl(url), allowed: Object.keys(brokers).map((name) => `${name}:`) })
  }
  return (await load())(url)
}

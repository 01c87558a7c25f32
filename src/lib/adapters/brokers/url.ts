import { failure } from '../../base/errors/errors.ts'
import { readParameters } from '../databases/url-parameters.ts'
import { readUrlParts } from '../databases/url-parts.ts'

/** Where a broker is and who asks, out of a URL. */
export interface BrokerUrl {
  /** Has no password. */
  readonly shown: string
  readonly host: string
  readonly port: number
  /** Empty when the URL names nobody. */
  readonly user: string
  readonly password: string
}

/** Takes a broker's URL apart. Throws `url-unreadable` for what is no URL or names no host, and `url-parameter-unknown`. */
export function readBrokerUrl(url: string, defaultPort: number): BrokerUrl {
  const { shown, scheme, hosts, user, password, path, parameters } = readUrlParts(url)
  const [place, ...others] = hosts
  const refuse = (reason: string) => failure('url-unreadable', { url: shown, reason })
  if (!place?.host) throw refuse('it names no host')
  if (others.length > 0) throw refuse("it names several hosts: one is enough, which tells of its cluster's others")
  if (path.length > 1) throw refuse('nothing is known of a path in it')
  readParameters({}, parameters, { shown, engine: `${scheme}:` })
  return { shown, host: place.host, port: place.port ?? defaultPort, user, password }
}

import { failure } from '../errors.ts'
import { redactUrl } from '../databases/url.ts'

/** Where a broker is and who asks, out of a URL. */
export interface BrokerUrl {
  /** The URL without its password. */
  readonly shown: string
  readonly host: string
  readonly port: number
  /** Empty when the URL names nobody. */
  readonly user: string
  readonly password: string
}

/** Takes a broker's URL apart. Throws `broker-unreachable` for what is no URL or names no host. */
export function readBrokerUrl(url: string, defaultPort: number): BrokerUrl {
  const shown = redactUrl(url)
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (!parsed || parsed.hostname === '') throw failure('broker-unreachable', { url: shown, reason: 'it names no host' })
  try {
    return {
      shown,
      host: parsed.hostname.replace(/^\[|\]$/g, ''),
      port: Number(parsed.port || defaultPort),
      user: decodeURIComponent(parsed.username),
      password: decodeURIComponent(parsed.password),
    }
  } catch (error) {
    throw failure('broker-unreachable', { url: shown, reason: 'a % in the URL has to be written as %25' }, error)
  }
}

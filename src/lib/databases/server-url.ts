import { failure } from '../errors.ts'
import { redactUrl } from './url.ts'

/** Where a database server is and who asks, out of a URL. */
export interface ServerUrl {
  /** The URL without its password. */
  readonly shown: string
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

/** Takes a server's URL apart. Throws `database-unreachable` for what is no URL and `database-missing` without a name. */
export function readServerUrl(url: string, defaultPort: number): ServerUrl {
  const shown = redactUrl(url)
  if (!URL.canParse(url)) throw failure('database-unreachable', { url: shown, reason: 'it is not a URL' })
  const parsed = new URL(url)
  const database = decodePart(parsed.pathname.slice(1), shown)
  if (database === '') throw failure('database-missing', { url: shown, reason: 'the URL names no database' })
  return {
    shown,
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: Number(parsed.port || defaultPort),
    user: decodePart(parsed.username, shown),
    password: decodePart(parsed.password, shown),
    database,
  }
}

function decodePart(text: string, shown: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    throw failure('database-unreachable', { url: shown, reason: 'a % in the URL has to be written as %25' }, error)
  }
}

import { failure } from '../../base/errors/errors.ts'
import { redactUrl } from '../../base/redact-url.ts'

/** One server in a URL's list of hosts. */
export interface Place {
  /** A name, an address without brackets, or the folder or file of a Unix socket; empty where the URL names none. */
  readonly host: string
  /** Null where the URL names none. */
  readonly port: number | null
}

/** A URL of a server, taken apart and decoded. */
export interface UrlParts {
  /** Without its secrets: what may be printed and saved. */
  readonly shown: string
  /** Without the colon. */
  readonly scheme: string
  /** Empty when the URL names nobody. */
  readonly user: string
  readonly password: string
  /** At least one. */
  readonly hosts: readonly Place[]
  /** With its leading slash; empty when the URL has none. */
  readonly path: string
  /** In the order given, decoded. */
  readonly parameters: readonly (readonly [name: string, value: string])[]
}

/** Hosts of a URL that are tried: more than any set of servers has that is asked one after the other. */
const mostHosts = 16

/** Why a list of hosts is refused; null where it is short enough. */
export function whyTooMany(hosts: number): string | null {
  return hosts <= mostHosts ? null : `it names ${hosts.toLocaleString('en-US')} hosts; ${mostHosts} at most are tried`
}

/** Said of what ends a URL's authority early or twice; it quotes nothing, since a password may stand anywhere. */
const encode =
  'special characters in a user, a password or a parameter have to be percent-encoded: @ as %40, / as %2F, : as %3A, ? as %3F, # as %23, % as %25'

const grammar = /^([a-z][a-z0-9+.-]*):\/\/(?:([^@/?#]*)@)?([^@/?#]*)(\/[^?#]*)?(?:\?(.*))?$/is

/**
 * Takes a server's URL apart. It may name several hosts. Throws `url-unreadable`, which shows nothing that could be a part
 * of a password: where a special character in it is not encoded, nobody can tell where it ends.
 */
export function readUrlParts(url: string): UrlParts {
  const shown = redactUrl(url)
  const refuse = (reason: string, cause?: unknown) => failure('url-unreadable', { url: shown, reason }, cause)
  const decode = (text: string): string => {
    try {
      return decodeURIComponent(text)
    } catch (error) {
      throw refuse('a % in the URL has to be written as %25', error)
    }
  }
  const decodeText = (text: string): string => {
    const decoded = decode(text)
    if (decoded.includes('\0')) throw refuse('%00 can stand nowhere in it')
    return decoded
  }
  if (!url.includes('://')) throw refuse('it is not a URL')
  const found = grammar.exec(url)
  // One @ at most, and nothing before it that would end the host: all else is part of a secret.
  if (!found || url.includes('#') || url.replace(/^[^@/]*:\/\/[^@/?#]*@/, '').includes('@')) throw refuse(encode)
  const [, scheme = '', userInfo = '', hosts = '', path = '', query = ''] = found
  const [user = '', ...password] = userInfo.split(':')
  const places = hosts.split(',')
  const tooMany = whyTooMany(places.length)
  if (tooMany !== null) throw refuse(tooMany)
  return {
    shown,
    scheme: scheme.toLowerCase(),
    user: decodeText(user),
    password: decodeText(password.join(':')),
    hosts: places.map((text) => readPlace(text, decode, refuse)),
    path: decodeText(path),
    parameters: query
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair) => {
        const [name = '', ...value] = pair.split('=')
        return [decode(name), decode(value.join('='))] as const
      }),
  }
}

/** Throws what `refuse` makes of it. */
function readPlace(text: string, decode: (text: string) => string, refuse: (reason: string) => Error): Place {
  const [, host = '', port = ''] = /^(\[[\da-f:.%]+\]|[^:[\]]*)(?::(\d*))?$/i.exec(text) ?? [null, '\0']
  const name = decode(host).replaceAll(/^\[|\]$/g, '')
  const isPath = name.startsWith('/') && !name.includes('\0')
  const isName = isPath || /^[\p{L}\p{N}._:%-]*$/u.test(name)
  // It is not quoted: a password with a / that is not encoded leaves its beginning where the port should be.
  if (!isName || Number(port) > 65_535) throw refuse(`it names no host and port that could be; ${encode}`)
  return { host: name, port: port === '' ? null : Number(port) }
}

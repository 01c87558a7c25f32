import { hideInPath, handsOverSecret } from './secret-text.ts'

/** An unencoded `/`, `?` or `#` in a password ends the authority there, and leaves the rest with the `@` behind it. */
function afterAuthority(url: URL): string {
  return url.pathname + url.search + url.hash
}

/** A host and a port at most, with or without a scheme: nowhere in it could a password stand. */
const withoutSecrets =
  /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^:@/?#[\]]*|\[[\da-f:.]*\])(?::\d{1,5})?(?:[/?#](?:[^:@]|:\d{1,5}(?=[/?#]|$))*)?$/i

/** Several hosts or none, which `URL` does not read. Only an @ ends the password, and there is one. */
const severalHosts =
  /^([a-z][a-z0-9+.-]*:\/\/[^:@/?#\s]*)(:[^@/?#]*)?(@(?:[^:@/?#[\],\s]*|\[[\da-f:.]*\])(?::\d{1,5})?(?:,(?:[^:@/?#[\],\s]*|\[[\da-f:.]*\])(?::\d{1,5})?)*(?:\/[^@#?]*)?)$/i

/**
 * `url` without its password: what may be printed and saved. Text that is no URL is cut at its
 * scheme when it could hide a password, since nobody knows where that would stand.
 */
export function redactUrl(url: string): string {
  const mark = url.indexOf('?')
  const [place, query] = mark < 0 ? [url, ''] : [url.slice(0, mark), url.slice(mark)]
  // sqlite paths are no URLs with an authority, and have no password.
  if (/^sqlite:/i.test(url)) return place + redactQuery(query)
  const hidden = `${/^[a-z][a-z0-9+]*:/i.exec(url)?.[0] ?? ''}***`
  // What follows an @ after the first may be the rest of a password.
  if (url.indexOf('@') !== url.lastIndexOf('@')) return hidden
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (!parsed || parsed.host === '' || afterAuthority(parsed).includes('@')) {
    const [, start, password = '', end] = query.includes('@') ? [] : (severalHosts.exec(place) ?? [])
    if (start !== undefined) return `${start}${password === '' ? '' : ':***'}${end}${redactQuery(query)}`
    return withoutSecrets.test(url) ? hideInPath(place) + redactQuery(query) : hidden
  }
  if (parsed.password !== '') parsed.password = '***'
  // A user without a password is a token: to NATS, and to many an API.
  else if (/^(nats|https?):$/.test(parsed.protocol) && parsed.username !== '') parsed.username = '***'
  const fragment = parsed.hash
  parsed.search = ''
  parsed.hash = ''
  return `${parsed.toString()}${redactQuery(query === '' ? fragment : query)}`
}

/**
 * A URL's query or fragment, with the mark before it, without its secrets. What follows one may be the rest of it, where a &
 * or a # in it is not encoded.
 */
function redactQuery(query: string): string {
  if (query === '') return ''
  const pairs = query.slice(1).split('&')
  const first = pairs.findIndex((pair) => upToSecret(pair) !== null)
  if (first < 0) return query
  const after = pairs.slice(first + 1).map((pair) => (/^(ssl|tls)\w*=[\w.]*$/i.test(pair) ? pair : '***'))
  return `${query.charAt(0)}${[...pairs.slice(0, first), `${upToSecret(pairs[first] ?? '')}=***`, ...after].join('&')}`
}

/** The part of a pair that may be shown, up to the name of its secret, which may stand in a fragment; null where it has none. */
function upToSecret(pair: string): string | null {
  let from = 0
  for (const part of pair.split(/(?<=#)/)) {
    const [name = ''] = part.split('=', 1)
    if (handsOverSecret(name, part.slice(name.length + 1)) && (from === 0 || name !== part))
      return pair.slice(0, from) + name
    from += part.length
  }
  return null
}

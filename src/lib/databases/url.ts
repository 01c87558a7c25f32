/** An unencoded `/`, `?` or `#` in a password ends the authority there, and leaves the rest with the `@` behind it. */
function afterAuthority(url: URL): string {
  return url.pathname + url.search + url.hash
}

/** Parameters by which secrets are handed over, with their values. */
const secretParameters = /([?&][^=&#\s]*(?:pass|secret|token|key)[^=&#\s]*=)[^&#\s]*/gi

/** A host and a port at most, with or without a scheme: nowhere in it could a password stand. */
const withoutSecrets =
  /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:[^:@/?#[\]]*|\[[\da-f:.]*\])(?::\d{1,5})?(?:[/?#](?:[^:@]|:\d{1,5}(?=[/?#]|$))*)?$/i

/**
 * `url` without its password: what may be printed and saved. Text that is no URL is cut at its
 * scheme when it could hide a password, since nobody knows where that would stand.
 */
export function redactUrl(url: string): string {
  // sqlite paths are no URLs with an authority, and have no password.
  if (url.startsWith('sqlite:')) return url
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (!parsed || parsed.host === '' || afterAuthority(parsed).includes('@')) {
    if (withoutSecrets.test(url)) return url.replaceAll(secretParameters, '$1***')
    return `${/^[a-z][a-z0-9+]*:/i.exec(url)?.[0] ?? ''}***`
  }
  if (parsed.password !== '') parsed.password = '***'
  // A user without a password is a token: to NATS, and to many an API.
  else if (/^(nats|https?):$/.test(parsed.protocol) && parsed.username !== '') parsed.username = '***'
  // A copy of the names, since setting one changes what is being gone through.
  for (const key of Array.from(parsed.searchParams.keys())) {
    if (/pass|secret|token|key/i.test(key)) parsed.searchParams.set(key, '***')
  }
  return parsed.toString()
}

/** A command line without the passwords in its URLs. */
export function redactWords(line: string): string {
  return line.replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s"']*@/gi, '$1***@').replaceAll(secretParameters, '$1***')
}

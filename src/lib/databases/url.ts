/** An unencoded `/`, `?` or `#` in a password ends the authority there, and leaves the rest with the `@` behind it. */
function afterAuthority(url: URL): string {
  return url.pathname + url.search + url.hash
}

/**
 * `url` without its password: what may be printed and saved. Text that is no URL is cut at its
 * scheme when it could hide a password, since nobody knows where that would stand.
 */
export function redactUrl(url: string): string {
  // sqlite paths are no URLs with an authority, and have no password.
  if (url.startsWith('sqlite:')) return url
  const parsed = URL.canParse(url) ? new URL(url) : null
  if (!parsed || parsed.host === '' || afterAuthority(parsed).includes('@')) {
    return url.includes('@') || url.includes(':') ? `${/^[a-z][a-z0-9+]*:/i.exec(url)?.[0] ?? ''}***` : url
  }
  if (parsed.password !== '') parsed.password = '***'
  // To NATS a user without a password is a token.
  else if (parsed.protocol === 'nats:' && parsed.username !== '') parsed.username = '***'
  // A copy of the names, since setting one changes what is being gone through.
  for (const key of Array.from(parsed.searchParams.keys())) {
    if (/pass|secret|token|key/i.test(key)) parsed.searchParams.set(key, '***')
  }
  return parsed.toString()
}

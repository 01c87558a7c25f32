import { redactUrl } from '../../base/redact-url.ts'
import { hideSecrets } from '../../base/secret-text.ts'
import { failure } from '../../base/errors/errors.ts'
import { readBaseUrl } from './http/base-url.ts'
import type { HttpClient } from '../../ports/http-client.ts'

const allowed = 'http://host:port or https://host:port, with a path for all requests and user:password@ if need be'

/** Says why a target cannot be used; null for one that can. */
export function targetRefusal(target: string): string | null {
  if (!/^https?:\/\//i.test(target) || !URL.canParse(target)) return `${allowed}${suggestionFor(target)}`
  const url = new URL(target)
  if (url.href.includes('?')) return `${allowed}, without a query: each request has its own`
  if (url.href.includes('#')) return `${allowed}, without a fragment, which no server is sent`
  // An unencoded / in a password ends the host there, and makes the rest of it a path.
  if (url.pathname.includes('@')) return `${allowed}; in a path @ is written as %40, in a password / as %2F`
  try {
    readBaseUrl(target)
    return null
  } catch {
    return `${allowed}; in a user or a password % is written as %25`
  }
}

/** Most targets that are none lack their scheme. */
function suggestionFor(target: string): string {
  const meant = `http://${target.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/^\/+/, '')}`
  if (/^https?:/i.test(target) || !URL.canParse(meant) || targetRefusal(meant) !== null) return ''
  const suggestion = `; such as ${redactUrl(meant).replace(/\/$/, '')}`
  // What looks like a secret would be hidden together with the full stop behind it, and suggests nothing.
  return hideSecrets(`${suggestion}.`) === `${suggestion}.` ? suggestion : ''
}

/** A target that was given by a flag of its own. Throws `usage-wrong` for what is none. */
export function requireTarget(target: string): string {
  const refusal = targetRefusal(target)
  if (refusal === null) return target
  throw failure('usage-wrong', { reason: `--target cannot be ${redactUrl(target)}. Allowed: ${refusal}.` })
}

/** A target without its user and password: what may be printed and saved. */
export function shownTarget(target: string): string {
  return readBaseUrl(target).shown
}

/**
 * Returns `target` where it is this machine's loopback or `allowRemote` is set, and throws `target-remote` otherwise.
 * Names other than localhost count as remote, since where they lead can change.
 */
export function requireLoopback(target: string, allowRemote: boolean): string {
  if (allowRemote || isLoopback(new URL(target).hostname)) return target
  throw failure('target-remote', { target: shownTarget(target) })
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

/** Asks a target whether it is there, and closes the client. Null when any response came, else why none did. */
export async function whyUnreachable(client: HttpClient): Promise<string | null> {
  const { reason } = await client.request({ method: 'GET', path: '/healthz', wantBody: false })
  await client.close()
  return reason
}

import { failure } from '../../../base/errors/errors.ts'
import { redactUrl } from '../../../base/redact-url.ts'

/**
 * Throws `target-remote` for a database that is not on this machine, as for any other target. Names other than localhost count
 * as remote, since where they lead can change; so does a URL that cannot be read.
 */
export function requireLocalDatabase(url: string, allowRemote: boolean): void {
  if (!allowRemote && !isLocal(url)) throw failure('target-remote', { target: redactUrl(url) })
}

function isLocal(url: string): boolean {
  if (/^(?:sqlite|unix):/i.test(url)) return true
  const [, authority, query = ''] = /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)[^?#]*(?:\?([^#]*))?/i.exec(url) ?? []
  if (authority === undefined) return false
  // Drivers take the host of a parameter before that of the URL.
  const named = new URLSearchParams(query).getAll('host').flatMap((hosts) => hosts.split(','))
  const hosts = named.length > 0 ? named : authority.slice(authority.lastIndexOf('@') + 1).split(',')
  return hosts.every(isLocalHost)
}

/** A path is that of a socket; no host at all is this machine to every driver. */
function isLocalHost(text: string): boolean {
  const host = decodeHost(text)
  if (host === '' || host.startsWith('/')) return true
  return /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\]|::1)(?::\d*)?$/i.test(host)
}

function decodeHost(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

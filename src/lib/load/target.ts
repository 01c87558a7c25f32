import { redactUrl } from '../databases/url.ts'
import { failure } from '../errors.ts'
import type { HttpClient } from './http-client.ts'

/** The origin of a target that was given. Throws `usage-wrong` for what is none. */
export function targetOrigin(target: string): string {
  const url = URL.canParse(target) ? new URL(target) : null
  if (url && /^https?:$/.test(url.protocol)) return url.origin
  throw failure('usage-wrong', {
    reason: `--target cannot be ${redactUrl(target)}. Allowed: http://host:port or https://host:port.`,
  })
}

/**
 * Throws `target-remote` unless `target` is this machine's loopback or `allowRemote` is set. Names
 * other than localhost count as remote, since where they lead can change.
 */
export function requireLoopback(target: string, allowRemote: boolean): void {
  if (allowRemote || isLoopback(new URL(target).hostname)) return
  throw failure('target-remote', { target: withoutCredentials(target) })
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

function withoutCredentials(target: string): string {
  return new URL(target).origin
}

/** Asks a target whether it is there, and closes the client. Null when any answer came, else why none did. */
export async function whyUnreachable(client: HttpClient): Promise<string | null> {
  const { reason } = await client.request({ method: 'GET', path: '/healthz', wantBody: false })
  await client.close()
  return reason
}

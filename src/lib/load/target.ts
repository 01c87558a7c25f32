import { failure } from '../errors.ts'

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

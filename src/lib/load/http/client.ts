import type { HttpClient } from '../http-client.ts'
import { createSocketClient } from './socket-client.ts'

/**
 * A client for `origin`: over bare sockets, or over undici where TLS is needed, which is loaded only
 * then. `timeoutMs` is from the request to the last byte of its answer.
 */
export async function createHttpClient(origin: string, timeoutMs: number): Promise<HttpClient> {
  if (new URL(origin).protocol === 'http:') return createSocketClient(origin, timeoutMs)
  const { createUndiciClient } = await import('./undici-client.ts')
  return createUndiciClient(origin, timeoutMs)
}

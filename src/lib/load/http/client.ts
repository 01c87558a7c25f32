import type { HttpClient } from '../http-client.ts'
import { createSocketClient } from './socket-client.ts'
import { createUndiciClient } from './undici-client.ts'

/**
 * A client for `origin`: over bare sockets, or over undici where TLS is needed. `timeoutMs` is from
 * the request to the last byte of its answer.
 */
export function createHttpClient(origin: string, timeoutMs: number): HttpClient {
  const create = new URL(origin).protocol === 'http:' ? createSocketClient : createUndiciClient
  return create(origin, timeoutMs)
}

import { Pool } from 'undici'
import { failures, noResponse } from '../../../src/lib/load/clients/http/failures.ts'
import type { HttpResponse, HttpClient, HttpRequest } from '../../../src/lib/ports/http-client.ts'

// Another client to measure ours beside, and to ask for a second opinion on answers.

const empty = Buffer.alloc(0)

/**
 * A client over undici for requests without headers and bodies; `timeoutMs` is for each of connecting, the head, and a
 * break in the body.
 */
export function createUndiciClient(origin: string, timeoutMs: number): HttpClient {
  // As many connections as there are requests at a time: a queue would hide in the latency.
  const pool = new Pool(origin, {
    connections: null,
    pipelining: 1,
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  })
  return {
    request: (request) => new Promise((resolve) => dispatch(pool, request, resolve)),
    close: () => pool.destroy(),
  }
}

/** undici's lowest level: the body's chunks are counted where they arrive, with no stream between. */
function dispatch(pool: Pool, { method, path, wantBody }: HttpRequest, resolve: (answer: HttpResponse) => void): void {
  let status = 0
  let bytes = 0
  let wasStarted = false
  const chunks: Buffer[] = []
  pool.dispatch(
    { method, path },
    {
      onRequestStart: () => void (wasStarted = true),
      onResponseStart: (_controller, statusCode) => void (status = statusCode),
      onResponseData(_controller, chunk) {
        bytes += chunk.length
        if (wantBody) chunks.push(chunk)
      },
      onResponseEnd() {
        const body = wantBody ? Buffer.concat(chunks) : empty
        resolve({ status, bytes, body, reason: null, maybeExecuted: true })
      },
      onResponseError: (_controller, { message }) =>
        resolve(noResponse({ ...failures.closed, reason: message }, bytes, wasStarted)),
    },
  )
}

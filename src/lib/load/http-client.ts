import { Pool, type Dispatcher } from 'undici'
import type { HttpMethod } from './scenario.ts'

/** A request as it goes over the wire. */
export interface HttpRequest {
  readonly method: HttpMethod
  /** From `/`. */
  readonly path: string
  /** Beside those that every request has. */
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: object
  /** Keep the answer's body; otherwise its bytes are counted and thrown away. */
  readonly wantBody: boolean
}

/** An answer, or why there was none. */
export interface HttpAnswer {
  /** 0 when no whole answer came. */
  readonly status: number
  /** Of the body. */
  readonly bytes: number
  /** Empty unless it was wanted. */
  readonly body: Buffer
  /** Without an answer: what happened, in a word or two. */
  readonly reason: string | null
  /** Without an answer: whether the server may have carried the request out all the same. */
  readonly maybeExecuted: boolean
}

/** Sends requests to one origin over kept-alive connections. */
export interface HttpClient {
  /** Never rejects for what the server does; rejects for a path or a body that cannot be sent. */
  request(request: HttpRequest): Promise<HttpAnswer>
  /** Breaks off what is under way. */
  close(): Promise<void>
}

const empty = Buffer.alloc(0)

/** What undici and the sockets call their errors, and whether the request had been sent by then. */
const reasons: Readonly<Record<string, { readonly reason: string; readonly maybeExecuted: boolean }>> = {
  ECONNREFUSED: { reason: 'connection refused', maybeExecuted: false },
  ENOTFOUND: { reason: 'host not found', maybeExecuted: false },
  EADDRNOTAVAIL: { reason: 'no local port left', maybeExecuted: false },
  EMFILE: { reason: 'too many open files', maybeExecuted: false },
  UND_ERR_CONNECT_TIMEOUT: { reason: 'connection timed out', maybeExecuted: false },
  UND_ERR_HEADERS_TIMEOUT: { reason: 'timeout', maybeExecuted: true },
  UND_ERR_BODY_TIMEOUT: { reason: 'timeout', maybeExecuted: true },
  UND_ERR_ABORTED: { reason: 'timeout', maybeExecuted: true },
  UND_ERR_DESTROYED: { reason: 'cut off at the end of the run', maybeExecuted: true },
  UND_ERR_CLOSED: { reason: 'cut off at the end of the run', maybeExecuted: true },
  UND_ERR_SOCKET: { reason: 'connection closed', maybeExecuted: true },
  UND_ERR_HEADERS_OVERFLOW: { reason: 'invalid answer', maybeExecuted: true },
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: { reason: 'invalid answer', maybeExecuted: true },
  ECONNRESET: { reason: 'connection reset', maybeExecuted: true },
  EPIPE: { reason: 'connection reset', maybeExecuted: true },
}

/** A client over undici; `timeoutMs` is from the request to the last byte of its answer. */
export function createHttpClient(origin: string, timeoutMs: number): HttpClient {
  // As many connections as there are requests at a time: a queue of ours would hide in the latency.
  const pool = new Pool(origin, {
    connections: null,
    pipelining: 1,
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  })
  return {
    request: (request) => new Promise((resolve, reject) => dispatch(pool, request, timeoutMs, resolve, reject)),
    close: () => pool.destroy(),
  }
}

/** undici's lowest level: the body's chunks are counted where they arrive, with no stream between. */
function dispatch(
  pool: Pool,
  request: HttpRequest,
  timeoutMs: number,
  resolve: (answer: HttpAnswer) => void,
  reject: (error: Error) => void,
): void {
  let status = 0
  let bytes = 0
  const chunks: Buffer[] = []
  let started: Dispatcher.DispatchController | null = null
  let timedOut = false
  const options = { method: request.method, path: request.path, headers: request.headers ?? {} }
  const body = request.body === undefined ? null : JSON.stringify(request.body)

  function fail(error: Error): void {
    clearTimeout(timer)
    if ((error as NodeJS.ErrnoException).code === 'UND_ERR_INVALID_ARG') return reject(error)
    const { reason, maybeExecuted } = explain(error)
    resolve({ status: 0, bytes, body: empty, reason, maybeExecuted: maybeExecuted && started !== null })
  }

  // From the request on, not from the first byte sent: the time to connect is the server's too.
  const timer = setTimeout(() => {
    timedOut = true
    if (started) started.abort(timeoutError())
    else fail(timeoutError())
  }, timeoutMs)

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(controller) {
      started = controller
      // It was given up while it waited for its connection, so it must not be sent any more.
      if (timedOut) controller.abort(timeoutError())
    },
    onResponseStart(_controller, statusCode) {
      status = statusCode
    },
    onResponseData(_controller, chunk) {
      bytes += chunk.length
      if (request.wantBody) chunks.push(chunk)
    },
    onResponseEnd() {
      clearTimeout(timer)
      resolve({
        status,
        bytes,
        body: request.wantBody ? Buffer.concat(chunks) : empty,
        reason: null,
        maybeExecuted: true,
      })
    },
    onResponseError: (_controller, error) => fail(error),
  }
  try {
    pool.dispatch(
      body === null
        ? options
        : { ...options, body, headers: { 'content-type': 'application/json', ...options.headers } },
      handler,
    )
  } catch (error) {
    fail(error as Error)
  }
}

function explain(error: Error): { readonly reason: string; readonly maybeExecuted: boolean } {
  // The parser's errors do not all have a code.
  if (error.name === 'HTTPParserError') return { reason: 'invalid answer', maybeExecuted: true }
  const code = (error as NodeJS.ErrnoException).code ?? ''
  return reasons[code] ?? { reason: code || error.message, maybeExecuted: true }
}

function timeoutError(): Error {
  return Object.assign(new Error('timeout'), { code: 'UND_ERR_ABORTED' })
}

import { Pool, type Dispatcher } from 'undici'
import type { HttpAnswer, HttpClient, HttpRequest } from '../http-client.ts'
import { readFields } from './header-fields.ts'
import { typeOf } from './request-body.ts'
import { requirePath } from './request-path.ts'
import { explainSocketError, failures, noAnswer, type Failure } from './failures.ts'

const empty = Buffer.alloc(0)

const invalidAnswer: Failure = { reason: 'invalid answer', maybeExecuted: true }

const undiciFailures: Readonly<Record<string, Failure>> = {
  UND_ERR_CONNECT_TIMEOUT: { reason: 'connection timed out', maybeExecuted: false },
  UND_ERR_HEADERS_TIMEOUT: failures.timeout,
  UND_ERR_BODY_TIMEOUT: failures.timeout,
  UND_ERR_ABORTED: failures.timeout,
  UND_ERR_DESTROYED: failures.cutOff,
  UND_ERR_CLOSED: failures.cutOff,
  UND_ERR_SOCKET: failures.closed,
  UND_ERR_HEADERS_OVERFLOW: invalidAnswer,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: invalidAnswer,
}

/** A client over undici, which speaks TLS; `timeoutMs` is from the request to the last byte of its answer. */
export function createUndiciClient(origin: string, timeoutMs: number): HttpClient {
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
  requirePath(request.path)
  const options = optionsOf(request)

  function fail(error: Error): void {
    clearTimeout(timer)
    if ((error as NodeJS.ErrnoException).code === 'UND_ERR_INVALID_ARG') return reject(error)
    resolve(noAnswer(explain(error), bytes, started !== null))
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
    pool.dispatch(options, handler)
  } catch (error) {
    fail(error as Error)
  }
}

function optionsOf({ method, path, headers, body, bodyType }: HttpRequest): Dispatcher.DispatchOptions {
  const { flat, hasType } = headers === undefined ? { flat: [], hasType: false } : readFields(headers)
  if (body === undefined) return { method, path, headers: flat }
  // undici would send a second type in other letters beside the first.
  return { method, path, body, headers: hasType ? flat : ['content-type', bodyType ?? typeOf(body), ...flat] }
}

function explain(error: Error): Failure {
  // The parser's errors do not all have a code.
  if (error.name === 'HTTPParserError') return invalidAnswer
  return undiciFailures[(error as NodeJS.ErrnoException).code ?? ''] ?? explainSocketError(error)
}

function timeoutError(): Error {
  return Object.assign(new Error('timeout'), { code: 'UND_ERR_ABORTED' })
}
